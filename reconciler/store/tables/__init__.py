"""Tables, with invariants as constraints.

Times are Unix seconds. ``leases``, ``attempts``, ``removals``, ``withheld_kinds``,
``overrides``, ``events``, ``marks`` and observed state name a room without a foreign
key: what happened to people stays on record and stays guarded even where no roster of
the room does.
"""

from reconciler.store.tables.account import (
    accounts,
    call_budgets,
    named_accounts,
    permit_claims,
)
from reconciler.store.tables.attempt import attempts, leases
from reconciler.store.tables.call import call_fields, calls, corrections, removals
from reconciler.store.tables.notification import (
    notification_cursors,
    notifications,
)
from reconciler.store.tables.observation import (
    converged_rooms,
    leg_intervals,
    observations,
    room_checks,
)
from reconciler.store.tables.record import changes, events, marks, runs
from reconciler.store.tables.roster import (
    approvals,
    declarations,
    loaded_folders,
    members,
    overrides,
    refused_files,
    revisions,
    rosters,
    withheld_kinds,
)

__all__ = [
    "accounts",
    "approvals",
    "attempts",
    "call_budgets",
    "call_fields",
    "calls",
    "changes",
    "converged_rooms",
    "corrections",
    "declarations",
    "events",
    "leases",
    "leg_intervals",
    "loaded_folders",
    "marks",
    "members",
    "named_accounts",
    "notification_cursors",
    "notifications",
    "observations",
    "overrides",
    "permit_claims",
    "refused_files",
    "removals",
    "revisions",
    "room_checks",
    "rosters",
    "runs",
    "withheld_kinds",
]

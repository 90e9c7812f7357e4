"""The tables: every promise the schema itself can keep is a constraint here.

Times are Unix seconds. ``leases``, ``attempts``, ``removals``, ``withheld_kinds``,
``events`` and ``marks`` name a room without a foreign key: what happened to people
stays on record and stays guarded even where no roster of the room does.
"""

from reconciler.store.tables.account import accounts
from reconciler.store.tables.attempt import attempts, leases
from reconciler.store.tables.call import call_fields, calls, corrections, removals
from reconciler.store.tables.record import changes, events, marks, runs
from reconciler.store.tables.roster import (
    approvals,
    members,
    refused_files,
    revisions,
    rosters,
    withheld_kinds,
)

__all__ = [
    "accounts",
    "approvals",
    "attempts",
    "call_fields",
    "calls",
    "changes",
    "corrections",
    "events",
    "leases",
    "marks",
    "members",
    "refused_files",
    "removals",
    "revisions",
    "rosters",
    "runs",
    "withheld_kinds",
]

"""Delays removals until the roster file has not been written for some seconds."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from reconciler.model.action import Remove
from reconciler.model.ledger import GuardKind, Ledger
from reconciler.planning.context import Item, PlanningContext
from reconciler.planning.describe import quoted
from reconciler.planning.plan import Phase, Plan, Waiting, Withheld

REREAD_SECONDS = 30.0
"""Seconds after which a file that nobody has read again needs a person."""

UNREAD_FILE = "unread-file"
"""The guard of removals whose roster file nobody has read since it was young."""

_REASON = "will be removed once the roster file has not been written for a few seconds"


def until_quiet(items: Iterable[Item], room: PlanningContext) -> Iterator[Item]:
    """*items*, in which nobody is removed before the file was read again.

    Who reads it again is the daemon, or the sync that read it. Where neither does,
    a person decides.
    """
    at, now = room.ledger.quiet_at, room.now
    unread = at is not None and now >= at + REREAD_SECONDS
    if at is None or (unread and room.lifts(GuardKind.REMOVALS)):
        yield from items
        return
    for item in items:
        if not isinstance(item, Remove):
            yield item
        elif unread:
            yield Withheld(item, UNREAD_FILE, _unread(room.roster.room))
        else:
            until = at if at > now else None
            yield Waiting(item.label, Phase.CONNECTED, _REASON, until=until)


def _unread(room: str) -> str:
    return (
        "the roster file was being written when it was read, and nobody has read it "
        "since. To read it: reconciler sync; to remove them all the same: "
        f"'reconciler approve {quoted(room)}'"
    )


def when_quiet(ledger: Ledger, now: float) -> Ledger:
    """*ledger* as it is once the roster file is quiet, if that is soon."""
    at = ledger.quiet_at
    if at is None or now >= at + REREAD_SECONDS:
        return ledger
    return replace(ledger, quiet_at=None)


def awaits_quiet(plan: Plan) -> bool:
    """Whether *plan* would remove somebody if the file were quiet."""
    return any(each.reason == _REASON for each in plan.waiting)

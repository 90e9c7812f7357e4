"""Delays what may harm until the roster file has not been written for some seconds.

A file that is being written may be half of one, and half of one may be valid.

of a young file                              goes
mute, hold, and what harms nobody            at once
a phone let off that would join audible      at once
what an override or the schedule exposes     at once, if no edit made it so
ring, removal, any other exposure            once the file was read again
any of these, of a file that nobody reads
  again for half a minute                    once a person approves
"""

from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from reconciler.model.action import Action, Change, Harm, Remove, Ring
from reconciler.model.ledger import GuardKind, Ledger
from reconciler.planning.context import Item, PlanBuilder, PlanningContext
from reconciler.planning.describe import describe, quoted
from reconciler.planning.edit_exposures import changed_by_edit
from reconciler.planning.plan import Phase, Plan, Waiting, Withheld

REREAD_SECONDS = 30.0
"""Seconds after which a file that nobody has read again needs a person."""

SOON_SECONDS = 1.0
"""Seconds within which a file is read again once it is quiet."""

UNREAD_FILE = "unread-file"
"""The guard of removals whose roster file nobody has read since it was young."""

UNREAD_GUARDS: Mapping[GuardKind, str] = {
    GuardKind.REMOVALS: UNREAD_FILE,
    GuardKind.RINGS: "unread-file-rings",
    GuardKind.EXPOSURES: "unread-file-exposures",
}

_QUIET = "once the roster file has not been written for a few seconds"


def until_quiet(items: Iterable[Item], room: PlanningContext) -> Iterator[Item]:
    """*items*, in which nobody is harmed before the file was read again.

    Who reads it again is the daemon, or the sync that read it. Where neither does,
    a person decides.
    """
    at = room.ledger.quiet_at
    if at is None:
        yield from items
        return
    for item in items:
        kind = _harmful(item, room)
        if not isinstance(item, Ring | Remove | Change) or kind is None:
            yield item
        elif room.now < at + REREAD_SECONDS:
            yield _wait(item, at, room.now)
        elif room.lifts(kind):
            yield item
        else:
            yield Withheld(item, UNREAD_GUARDS[kind], _unread(room.roster.room))


def exposures_until_quiet(draft: PlanBuilder, room: PlanningContext) -> PlanBuilder:
    """*draft* without exposures that wait for the file."""
    rest = PlanBuilder(withheld=draft.withheld, waiting=draft.waiting)
    for action in draft.actions:
        changes = isinstance(action, Change)
        rest.take(until_quiet((action,), room) if changes else (action,))
    return rest


def _harmful(item: Item, room: PlanningContext) -> GuardKind | None:
    """The kind of what must rest on a file that is quiet; None for anything else."""
    match item:
        case Remove():
            return GuardKind.REMOVALS
        case Ring():
            return GuardKind.RINGS
        case Change() if item.harm is Harm.EXPOSE and not _said_otherwise(item, room):
            return GuardKind.EXPOSURES
        case _:
            return None


def _said_otherwise(change: Change, room: PlanningContext) -> bool:
    """Whether an override, or the schedule's hours, let them be heard, and no file."""
    member, record = room.roster.member(change.label), room.records.get(change.label)
    if member is None or record is None or changed_by_edit(record):
        return False
    fields = {each.name for each in change.field_changes}
    return fields <= set(member.for_a_time)


def _wait(action: Action, at: float, now: float) -> Waiting:
    until = next((x for x in (at, at + SOON_SECONDS) if x > now), None)
    label = action.label
    match action:
        case Ring():
            return Waiting(label, Phase.WAITING, f"will be called {_QUIET}", until)
        case Remove():
            return Waiting(label, Phase.CONNECTED, f"will be removed {_QUIET}", until)
        case Change():
            reason = f"{describe(action)}: waits; will be done {_QUIET}"
            return Waiting(label, Phase.CONNECTED, reason, until)


def _unread(room: str) -> str:
    return (
        "the roster file was being written when it was read, and nobody has read it "
        "since. To read it: reconciler sync; to act on it all the same: "
        f"'reconciler approve {quoted(room)}'"
    )


def when_quiet(ledger: Ledger, now: float) -> Ledger:
    """*ledger* as it is once the roster file is quiet, if that is soon."""
    at = ledger.quiet_at
    if at is None or now >= at + REREAD_SECONDS:
        return ledger
    return replace(ledger, quiet_at=None)


def awaits_quiet(plan: Plan) -> bool:
    """Whether *plan* would do more if the file were quiet."""
    return any(wait.reason.endswith(_QUIET) for wait in plan.waiting)

"""Actions that the service cannot carry out are withheld, whatever a person allows.

| action | where the service lacks | withheld, because |
|---|---|---|
| ring | rings | nobody can be called into the room |
| removal of a member of an open room | rings | the member could not be called again |
| change | one of its parameters | the update has no such parameter |
"""

from collections.abc import Collection, Iterable, Iterator

from msgspec.structs import replace

from reconciler.model.action import Action, Change, Remove, Ring
from reconciler.model.observation import RING
from reconciler.model.roster import RoomState, Roster
from reconciler.planning.plan import Plan, Withheld

UNSUPPORTED = "unsupported"
"""The guard; no approval lifts it."""

_RING = (
    "the service cannot call anybody into a conference: let them dial in, or call them "
    "with another program"
)
_REMOVE = "the service could not call them again"


def without_unsupported(plan: Plan, roster: Roster, lacks: Collection[str]) -> Plan:
    """*plan* without what a service cannot do that *lacks* rings or parameters."""
    if not lacks:
        return plan
    held = {
        id(withheld.action): withheld
        for withheld in _withheld(plan.actions, roster, lacks)
    }
    return replace(
        plan,
        actions=tuple(action for action in plan.actions if id(action) not in held),
        withheld=(*plan.withheld, *held.values()),
    )


def _withheld(
    actions: Iterable[Action], roster: Roster, lacks: Collection[str]
) -> Iterator[Withheld]:
    for action in actions:
        reason = _reason(action, roster, lacks)
        if reason is not None:
            yield Withheld(action, UNSUPPORTED, reason)


def _reason(action: Action, roster: Roster, lacks: Collection[str]) -> str | None:
    match action:
        case Ring():
            return _RING if RING in lacks else None
        case Change():
            missing = sorted({x.name for x in action.field_changes} & set(lacks))
            named = ", ".join(missing)
            return f"the service cannot change {named}" if missing else None
        case Remove():
            declared = {member.label for member in roster.members}
            stays = roster.state is not RoomState.ENDED and action.label in declared
            return _REMOVE if stays and RING in lacks else None

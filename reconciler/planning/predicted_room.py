"""The legs of a room as they will be once a plan was applied."""

from msgspec.structs import replace

from reconciler.model.action import Change, Remove
from reconciler.model.observation import Participant
from reconciler.model.parameter import SHOWN_FIELDS
from reconciler.planning.plan import Plan


def after_actions(plan: Plan) -> tuple[Participant, ...]:
    """The legs that stay, changed as planned; people to be called are left out."""
    legs = {leg.call_sid: leg for leg in plan.legs}
    for action in plan.actions:
        if isinstance(action, Remove):
            if action.call_sid is None:
                return ()
            legs.pop(action.call_sid, None)
        elif isinstance(action, Change) and action.call_sid in legs:
            legs[action.call_sid] = changed(legs[action.call_sid], action)
    return tuple(legs.values())


def changed(leg: Participant, change: Change) -> Participant:
    """*leg* as *change* leaves it."""
    fields = {x.name: x.after for x in change.field_changes if x.name in SHOWN_FIELDS}
    return replace(leg, **fields)

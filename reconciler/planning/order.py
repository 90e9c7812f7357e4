"""The order of a plan: silence, ring, retarget coaches, remove, expose.

A silence that fails stops every later step that relies on it: nobody is
exposed, and nobody is taken from a coach, on the strength of a silence that
did not come about. A hold takes somebody from their coach, too.
"""

from collections.abc import Iterable
from enum import IntEnum

from reconciler.model.action import Action, Change, ChangeKind, Harm, Remove, Ring


class Step(IntEnum):
    """When an action is done; a lower step is finished before a higher begins."""

    SILENCE_COACH = 0
    HOLD = 1
    SILENCE = 2
    SETTLE = 3
    RING = 4
    COACH = 5
    REMOVE = 6
    EXPOSE = 7


SILENCING = frozenset({Step.SILENCE_COACH, Step.HOLD, Step.SILENCE})
RELYING = frozenset({Step.HOLD, Step.COACH, Step.REMOVE, Step.EXPOSE})


def step_of(action: Action) -> Step:
    """The step that *action* belongs to."""
    match action:
        case Ring():
            return Step.RING
        case Remove():
            return Step.SETTLE if action.safety else Step.REMOVE
        case Change():
            return _step_of_change(action)


def _step_of_change(change: Change) -> Step:
    if change.safety:
        return Step.SILENCE_COACH
    if change.before_hold:
        return Step.HOLD
    if change.harm is Harm.EXPOSE:
        return Step.EXPOSE
    if change.harm is Harm.SILENCE:
        return Step.HOLD if change.kind is ChangeKind.HOLD else Step.SILENCE
    return Step.COACH if change.kind is ChangeKind.COACHING else Step.SETTLE


def in_order(actions: Iterable[Action]) -> tuple[Action, ...]:
    """*actions* by step; inside a step they keep the order they came in.

    What must come before a hold does. Letting a coach go comes before unmuting, so
    that the last request of all is the one that lets somebody be heard.
    """
    return tuple(sorted(actions, key=_rank))


def _rank(action: Action) -> tuple[int, bool, bool]:
    change = action if isinstance(action, Change) else None
    first = change is not None and change.before_hold
    unmutes = change is not None and change.kind is ChangeKind.MUTE
    return step_of(action), not first, unmutes

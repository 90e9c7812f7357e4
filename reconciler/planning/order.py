"""The order of a plan: silence, ring, retarget coaches, remove, expose.

A failure in one of the first two steps stops the last three: nobody is
exposed on the strength of a silence that did not come about.
"""

from collections.abc import Iterable
from enum import IntEnum

from reconciler.model.action import Action, Change, Concern, Harm, Remove, Ring


class Step(IntEnum):
    """When an action is done; a lower step is finished before a higher begins."""

    SILENCE_COACH = 0
    SILENCE = 1
    SETTLE = 2
    RING = 3
    COACH = 4
    REMOVE = 5
    EXPOSE = 6


SILENCING = frozenset({Step.SILENCE_COACH, Step.SILENCE})
RELYING = frozenset({Step.COACH, Step.REMOVE, Step.EXPOSE})


def step_of(action: Action) -> Step:
    """The step that *action* belongs to."""
    match action:
        case Ring():
            return Step.RING
        case Remove():
            return Step.REMOVE
        case Change():
            return _step_of_change(action)


def _step_of_change(change: Change) -> Step:
    if change.safety:
        return Step.SILENCE_COACH
    if change.harm is not Harm.NONE:
        return Step.SILENCE if change.harm is Harm.SILENCE else Step.EXPOSE
    return Step.COACH if change.concern is Concern.COACHING else Step.SETTLE


def in_order(actions: Iterable[Action]) -> tuple[Action, ...]:
    """*actions* by step; inside a step they keep the order they came in.

    Letting a coach go comes before unmuting, so that the last request of all
    is the one that lets somebody be heard.
    """
    return tuple(sorted(actions, key=_rank))


def _rank(action: Action) -> tuple[int, int]:
    unmutes = isinstance(action, Change) and action.concern is Concern.MUTE
    return step_of(action), int(unmutes)

"""The order of a plan: silence, ring, retarget coaches, remove, expose.

A silence that fails stops the later actions that rely on it:

action                waits until these silences have worked
hold, removal         those of whoever coaches this person, and would be heard
coaching              those of the coach
unmute, unhold, let   every silence of the plan: nobody is exposed on the strength
 go of a coach        of a silence that did not come about
anything else         none

The end of a conference waits for none: everybody goes at once.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum

from reconciler.model.action import Action, Change, ChangeKind, Harm, Remove, Ring
from reconciler.model.observation import Participant


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


def any_silences(actions: Iterable[Action]) -> bool:
    """Whether any of *actions* silences somebody."""
    return any(step_of(action) in SILENCING for action in actions)


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


def coached_calls(legs: Iterable[Participant]) -> Mapping[str, str]:
    """Whom each coach among *legs* coaches: call SIDs by the call SID of the coach."""
    return {
        leg.call_sid: leg.call_sid_to_coach
        for leg in legs
        if leg.coaching and leg.call_sid_to_coach
    }


def relies(action: Action, silence: Action, coached: Mapping[str, str]) -> bool:
    """Whether *action* waits until *silence* has worked; see the table above.

    *coached* is what ``coached_calls`` found.
    """
    if isinstance(action, Ring) or isinstance(silence, Ring):
        return False
    match step_of(action):
        case Step.EXPOSE:
            return True
        case Step.COACH:
            return silence.call_sid == action.call_sid
        case Step.HOLD | Step.REMOVE if action.call_sid is not None:
            return coached.get(silence.call_sid or "") == action.call_sid
        case _:
            return False


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

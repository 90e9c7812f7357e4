"""Conditions of a room as a whole.

condition        holds while                                             blocking
everybody-left   all members have left, and none is called by itself      yes
not-started      the conference waits, and nobody in it may start it      yes
too-many         more members are declared than may take part             no
not-called       members are still to be called                           no
other-plan       an apply finds another plan than the saved one           yes
group            a group wants some of its people                         no

A blocking condition keeps the room from being converged: a person is needed.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from reconciler.model.action import Ring
from reconciler.model.observation import ConferenceStatus
from reconciler.model.roster import Member
from reconciler.planning.describe import counted, quoted
from reconciler.planning.plan import Condition, ConditionKind, Phase, Plan

if TYPE_CHECKING:
    from collections.abc import Iterable

_GONE = frozenset({Phase.LEFT, Phase.FAILED})


def conditions(plan: Plan) -> Iterator[Condition]:
    """The conditions of a room that is declared open; see the table above."""
    yield from _everybody_left(plan)
    yield from _not_started(plan)
    yield from too_many(person.member for person in plan.people)
    yield from _not_called(plan)
    yield from (Condition(ConditionKind.GROUP, group.text) for group in plan.groups)


def _everybody_left(plan: Plan) -> Iterator[Condition]:
    phases = {person.phase for person in plan.people}
    present = any(person.leg for person in plan.people)
    if Phase.LEFT not in phases or not phases <= _GONE or present:
        return
    which = "--left" if phases == {Phase.LEFT} else "--all"
    yield Condition(
        ConditionKind.EVERYBODY_LEFT,
        "everybody has left. To call them again: "
        f"reconciler redial {quoted(plan.room)} {which}",
        blocking=True,
    )


def _not_started(plan: Plan) -> Iterator[Condition]:
    """Nobody hears anybody until somebody enters who may start the conference."""
    inside = [p.member for p in plan.people if p.leg and p.leg.connected]
    waits = plan.conference and plan.conference.status is ConferenceStatus.INIT
    if not waits or not inside or plan.unlisted or any(map(starts, inside)):
        return
    able = [person.member.label for person in plan.people if starts(person.member)]
    text = (
        f"the conference has not started: it waits for {' or '.join(able)}"
        if able
        else CANNOT_START
    )
    yield Condition(ConditionKind.NOT_STARTED, text, blocking=True)


CANNOT_START = (
    "the conference cannot start, and nobody hears anybody: every member has "
    "start_conference_on_enter: false. Set it to true for one of them"
)


def starts(member: Member) -> bool:
    """Whether the conference starts when *member* enters: Twilio's default."""
    return dict(member.create_only).get("start_conference_on_enter") is not False


def too_many(members: "Iterable[Member]") -> Iterator[Condition]:
    """More members than the least ``max_participants`` that one of them declares."""
    declared = list(members)
    bounds = [
        bound
        for member in declared
        if isinstance(bound := dict(member.create_only).get("max_participants"), int)
    ]
    if bounds and len(declared) > min(bounds):
        text = (
            f"{len(declared)} members are declared, and max_participants is "
            f"{min(bounds)}: Twilio refuses the others"
        )
        yield Condition(ConditionKind.TOO_MANY, text)


def _not_called(plan: Plan) -> Iterator[Condition]:
    labels = [action.label for action in plan.actions if isinstance(action, Ring)]
    if labels:
        text = f"{counted(len(labels), 'person', 'people')} not called yet: "
        yield Condition(ConditionKind.NOT_CALLED, text + ", ".join(labels))

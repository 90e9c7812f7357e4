"""Rooms of any size on the page, without a request to anybody."""

from collections.abc import Iterator

from reconciler.engine.desired_room import Desired
from reconciler.engine.room.evaluation import Evaluation, state_of
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.model.ledger import Ledger
from reconciler.model.observation import (
    Conference,
    ConferenceStatus,
    Observation,
    Participant,
    ParticipantStatus,
)
from reconciler.model.roster import Roster
from reconciler.planning.planner import make_plan
from tests.page.page_desk import PageDesk, person


def crowd(room: str, size: int) -> Roster:
    members = [
        person(f"person-{n:03}", f"+1555{n:07}", muted=n > 0) for n in range(size)
    ]
    return Roster(room, tuple(members))


def _legs(roster: Roster) -> Iterator[Participant]:
    for number, member in enumerate(roster.members):
        yield Participant(
            call_sid=f"CA{number:032}",
            conference_sid="CF" + "0" * 32,
            label=member.label,
            status=ParticipantStatus.CONNECTED,
            muted=bool(member.muted) and number % 10 != 1,
            hold=False,
            coaching=False,
            call_sid_to_coach=None,
            end_conference_on_exit=False,
        )


def seated(roster: Roster, at: float) -> Evaluation:
    """Everybody is in; one in ten is not muted as declared."""
    conference = Conference("CF" + "0" * 32, roster.room, ConferenceStatus.IN_PROGRESS)
    seen = Observation(roster.room, conference, tuple(_legs(roster)))
    plan = make_plan(roster, seen, Ledger(), at, 1)
    return Evaluation(
        roster.room,
        state_of(plan),
        plan,
        Ledger(),
        seen,
        observed_at=at,
        desired=Desired(roster, 1),
    )


async def fill(desk: PageDesk, *rosters: Roster) -> None:
    """Declare *rosters* and show everybody seated."""
    await desk.declare(*rosters)
    for each in rosters:
        result = ReconcileResult(seated(each, desk.clock()))
        desk.state.latest.on_evaluated(result, (), desk.clock())

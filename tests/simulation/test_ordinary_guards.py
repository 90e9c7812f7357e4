"""Guards of ordinary use, each taken away: an oracle notices, and none with it in place."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

import pytest
from msgspec.structs import replace

from reconciler.engine.desired_room import Desired, Standing
from reconciler.engine.ports import Lease, Notes
from reconciler.engine.room.freshness import Freshness
from reconciler.model.attempt import Attempt
from reconciler.model.ledger import Ledger
from reconciler.model.roster import Limits, Member, Roster
from reconciler.planning import planner, room_plan
from reconciler.planning.context import Item, PlanningContext
from reconciler.planning.handover import HandedOver
from reconciler.planning.identity import Match
from reconciler.planning.order import Step
from reconciler.play.in_memory.memory_store import InMemoryStore
from reconciler.play.in_memory.memory_tables import Tables
from reconciler.play.scenarios.scenario import (
    Break,
    Declare,
    FreezeAt,
    Meddle,
    PhoneDialsIn,
    PhoneHangsUp,
    Save,
    Scenario,
    Stand,
    StartProcess,
)
from reconciler.play.world.product import Mutation
from reconciler.play.world.run import run
from reconciler.simulator.exchange.fault import Fault, FaultKind
from reconciler.simulator.exchange.people import Subscriber
from tests.simulation.crashes import ANN, BOB, BOTH, ROOM
from tests.simulation.mutations import _Store, replaced
from tests.simulation.test_guards import BLIND, broken, scenario

pytestmark = pytest.mark.no_cover

STRICT = Limits(removals=1)
EVERYBODY = tuple(
    Member(f"p{number}", f"+1555123010{number}", ANN.sender) for number in range(6)
)
COACH = Member("sup", "+15551230109", ANN.sender, coaching=ANN.label)
PLAIN = replace(COACH, coaching=None)


class Amnesiac(_Store):
    """Forgets which kinds were withheld."""

    async def note(self, lease: Lease, notes: Notes, now: float) -> None:
        await self.inner.note(lease, replace(notes, withheld=()), now)


class Uncounting(_Store):
    """Forgets whom it removed."""

    async def note(self, lease: Lease, notes: Notes, now: float) -> None:
        await self.inner.note(lease, replace(notes, removals=()), now)


class Hasty(_Store):
    """Takes every file for quiet."""

    async def read(
        self, rooms: Sequence[str], now: float
    ) -> Mapping[str, tuple[Desired | None, Ledger]]:
        found = await self.inner.read(rooms, now)
        return {
            room: (desired, replace(ledger, quiet_at=None))
            for room, (desired, ledger) in found.items()
        }


async def _never_stale(_: Freshness, __: Step) -> str:
    return ""


@contextmanager
def stale() -> Iterator[None]:
    """A plan is carried out whatever was decided since."""
    with ExitStack() as all_of_it:
        for place, name, by in (
            (Freshness, "stale", _never_stale),
            (Freshness, "recent", property(lambda _: True)),
            (Freshness, "may_send", lambda *_: True),
            (InMemoryStore, "_require_version", lambda *_: None),
        ):
            all_of_it.enter_context(replaced(place, name, by))
        yield


def _kept(_: str, ledger: Ledger, *__: object) -> HandedOver:
    return HandedOver(dict(ledger.records))


def _spared(items: Iterable[Item], _: PlanningContext) -> Iterator[Item]:
    yield from items


def _by_label(tables: Tables, draft: Attempt, _: str | None) -> bool:
    return tables.open_of(draft.room, draft.label) is not None


@contextmanager
def labels_alone() -> Iterator[None]:
    """A phone is protected by its label, and not by its address."""
    with (
        replaced(planner, "hand_over", _kept),
        replaced(room_plan, "spare_phones", _spared),
        replaced(Tables, "rings", _by_label),
    ):
        yield


PAUSED = scenario(
    (0.0, Declare(BOTH)),
    (0.1, StartProcess("a", rest=1.0)),
    (6.0, Declare(replace(BOTH, members=(ANN,)))),
    (6.0, FreezeAt("a", "after acquire", 4.0)),
    (7.0, Stand(ROOM, Standing.PAUSED)),
)


def test_without_a_fresh_look_at_the_room_people_are_removed_after_a_pause() -> None:
    assert broken(run(PAUSED)) == set()
    with stale():
        assert "paused" in broken(run(PAUSED))


TWO_LEGS = scenario(
    (0.0, Declare(Roster(ROOM, (replace(ANN, muted=True), BOB)))),
    (0.1, StartProcess("a", rest=1.0)),
    (5.0, PhoneDialsIn(ROOM, ANN.to)),
    (9.0, Meddle("ann", {"Muted": "false"})),
)


def test_without_the_silences_of_every_leg_a_muted_member_is_heard() -> None:
    assert broken(run(TWO_LEGS)) == set()
    one = property(lambda seat: (seat.leg,) if seat.leg else ())
    with replaced(Match, "legs", one):
        assert {"exposed", "equal"} & broken(run(TWO_LEGS))


def _edits(*members: tuple[Member, ...], leaves: str = "") -> Scenario:
    steps = [
        (
            0.0 if not number else 6.0 * number,
            Declare(Roster(ROOM, each, limits=STRICT)),
        )
        for number, each in enumerate(members)
    ]
    left = [(11.0, PhoneHangsUp(leaves))] if leaves else []
    return scenario(*steps, *left, (0.1, StartProcess("a", rest=1.0)))


FEWER = _edits(EVERYBODY[:4], EVERYBODY[:2], leaves=EVERYBODY[3].to)
ONE_BY_ONE = _edits(EVERYBODY[:4], EVERYBODY[:3], EVERYBODY[:2])


def test_without_a_record_of_it_a_withheld_removal_is_done_once_others_left() -> None:
    assert broken(run(FEWER)) == set()
    assert broken(run(FEWER, mutation=Mutation(store=Amnesiac))) == {"withheld"}


def test_without_counting_ten_minutes_a_row_of_edits_removes_too_many() -> None:
    assert broken(run(ONE_BY_ONE)) == set()
    mutation = Mutation(store=Uncounting)
    assert broken(run(ONE_BY_ONE, mutation=mutation)) == {"removals"}


HALF = scenario(
    (0.0, Save((BOTH,))),
    (0.1, StartProcess("a", rest=1.0)),
    (6.0, Save((replace(BOTH, members=(ANN,)),), frozenset({ROOM}))),
    (8.5, Save((BOTH,), frozenset({ROOM}))),
    (12.0, Save((BOTH,))),
)


def test_without_waiting_for_a_quiet_file_half_of_one_removes_people() -> None:
    assert broken(run(HALF)) == set()
    assert "young" in broken(run(HALF, mutation=Mutation(store=Hasty)))


HALF_A_COACH = scenario(
    (0.0, Save((Roster(ROOM, (ANN, BOB)),))),
    (0.1, StartProcess("a", rest=1.0)),
    (6.0, Save((Roster(ROOM, (ANN, BOB, PLAIN)),), frozenset({ROOM}))),
    (7.5, Save((Roster(ROOM, (ANN, BOB, COACH)),), frozenset({ROOM}))),
    (11.0, Save((Roster(ROOM, (ANN, BOB, COACH)),))),
    people={COACH.to: Subscriber(answers_after=0.1)},
)


def test_without_waiting_for_a_quiet_file_half_of_one_calls_a_coach_who_is_heard() -> (
    None
):
    assert broken(run(HALF_A_COACH)) == set()
    assert "young" in broken(run(HALF_A_COACH, mutation=Mutation(store=Hasty)))


RENAMED = scenario(
    (0.0, Declare(Roster(ROOM, (ANN, BOB)))),
    (0.1, StartProcess("a", rest=1.0)),
    (1.9, Break(Fault(FaultKind.UNAVAILABLE, "POST", "*/Calls/CA*", times=99))),
    (2.0, Declare(Roster(ROOM, (replace(ANN, label="anna"), BOB)))),
    people={ANN.to: Subscriber(answers_after=20.0)},
    switches=BLIND,
)


def test_without_the_address_a_renamed_member_is_rung_twice() -> None:
    assert broken(run(RENAMED)) == set()
    with labels_alone():
        assert "rings" in broken(run(RENAMED))

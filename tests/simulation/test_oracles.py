"""Oracles that speak of more than one pass: what they allow, and what they notice."""

import pytest
from msgspec.structs import replace

from reconciler.engine.ports import Lease, Notes
from reconciler.model.roster import Limits, Roster, Unlisted
from reconciler.play.scenarios.scenario import (
    START,
    Approve,
    Declare,
    PhoneDialsIn,
    StartProcess,
)
from reconciler.play.world.act import Act
from reconciler.play.world.product import Mutation
from reconciler.play.world.run import run
from reconciler.play.world.world import Interference
from tests.simulation.crashes import ANN, BOB, BOTH, ROOM
from tests.simulation.mutations import _Store, rosters
from tests.simulation.test_guards import broken, scenario

pytestmark = pytest.mark.no_cover

FEW = replace(BOTH, limits=Limits(rings=1))
LIMITED = replace(
    scenario(
        (0.0, Declare(replace(FEW, members=()))),
        (0.1, StartProcess("a", rest=1.0)),
        (1.0, PhoneDialsIn(ROOM, "+15559990001")),
        (4.0, Declare(FEW)),
    ),
    pace=20.0,
    calls_per_second=20.0,
)
APPROVED = replace(LIMITED, steps=(*LIMITED.steps, (8.0, Approve(ROOM))))


def test_rings_above_the_limit_are_fine_once_somebody_approved_them() -> None:
    report = run(APPROVED)
    assert broken(report) == set()
    assert len(report.world.exchange.history.rings) == 2
    with rosters(lambda roster: replace(roster, limits=Limits(rings=9))):
        assert broken(run(LIMITED)) == {"limits"}


HELD = replace(ANN, hold=True, write_only=(("beep_on_exit", True),))
WAITING = scenario(
    (0.0, Declare(Roster(ROOM, (BOB,)))),
    (0.1, StartProcess("a", rest=0.1)),
    (4.0, PhoneDialsIn(ROOM, ANN.to, "ann")),
    (5.0, Declare(Roster(ROOM, (replace(BOB, muted=True), HELD)))),
)


class Silent(_Store):
    """Puts no change on record."""

    async def note(self, lease: Lease, notes: Notes, now: float) -> None:
        kept = tuple(x for x in notes.events if x.kind != "change.planned")
        await self.inner.note(lease, replace(notes, events=kept), now)


def _loses_the_beep(act: Act) -> bool:
    return "BeepOnExit" in act.form and act.begun_at < START + 10.0


def test_a_silence_that_waited_for_the_request_before_it_is_on_record() -> None:
    report = run(WAITING, interference=Interference(loses=_loses_the_beep))
    beep = next(each for each in report.journal.acts if "BeepOnExit" in each.form)
    hold = next(each for each in report.journal.acts if "Hold" in each.form)
    looks = [each.known.at for each in report.journal.passes if each.known]
    assert any(beep.begun_at < at < hold.begun_at for at in looks)
    assert broken(report) == set()
    mutation = Mutation(store=Silent)
    assert "recorded" in broken(
        run(
            WAITING, interference=Interference(loses=_loses_the_beep), mutation=mutation
        )
    )


CALLER = "+15559990009"
STRICTER = scenario(
    (0.0, Declare(Roster(ROOM, (BOB,), unlisted=Unlisted.MUTE))),
    (0.1, StartProcess("a", rest=0.1)),
    (4.0, PhoneDialsIn(ROOM, CALLER)),
    (5.0, Declare(Roster(ROOM, (BOB,), unlisted=Unlisted.HOLD))),
)


def test_a_hold_does_not_rest_on_the_look_of_an_earlier_mute_of_the_same_call() -> None:
    report = run(STRICTER)
    silences = [set(each.form) for each in report.journal.acts if each.target != "bob"]
    assert [{"Muted"}, {"Hold"}] == silences[:2]
    assert broken(report) == set()

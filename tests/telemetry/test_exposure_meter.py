"""Seconds for which rooms heard people, as the loop's looks show them."""

from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.engine.desired_room import Desired, Standing
from reconciler.engine.room.evaluation import Inputs, compared, untouched
from reconciler.engine.room.observed_after import observed_of
from reconciler.engine.room.outcome import ActionOutcome, Outcome
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.model.observation import Observation, Participant
from reconciler.model.recorded_observation import OverheardCause
from reconciler.planning.leg_intervals import advance
from reconciler.telemetry.exposure_meter import ExposureMeter
from tests.planning.samples import CA2, CONFERENCE, NOW, ROOM, leg, member, roster
from tests.planning.samples import standing as standing_ledger

MUTED = roster(member("ann", muted=True), member("bob"))
BOB = leg(CA2, "bob", hold=True)
SILENT, LOUD = leg(muted=True), leg(muted=False)


def look(
    at: float,
    ann: Participant | None,
    *outcomes: Outcome,
    standing: Standing = Standing.MANAGED,
) -> ReconcileResult:
    desired = Desired(MUTED, 1, standing)
    if standing is not Standing.MANAGED:
        return ReconcileResult(untouched(ROOM, desired, NOW + at))
    legs = (BOB,) if ann is None else (ann, BOB)
    observation = Observation(ROOM, CONFERENCE, legs)
    ledger = standing_ledger(SILENT, BOB)
    evaluation = compared(Inputs(desired, ledger, observation, NOW + at))
    mutes = [x for x in evaluation.plan.actions if x.label == "ann"]
    made = zip(mutes, outcomes, strict=False)
    return ReconcileResult(evaluation, tuple(ActionOutcome(*each) for each in made))


def lived(*looks: tuple[float, ReconcileResult], until: float) -> dict[str, Any]:
    meter = ExposureMeter()
    for at, result in looks:
        meter.evaluated(result, NOW + at)
    return {
        str(cause or "exposed"): pytest.approx(seconds, abs=1e-3)
        for (room, cause), seconds in meter.totals(NOW + until).items()
        if room == ROOM and seconds
    }


def test_nobody_is_heard_who_is_muted() -> None:
    assert lived((0, look(0, SILENT)), (30, look(30, SILENT)), until=60) == {}


def test_somebody_who_unmutes_is_counted_until_the_answer() -> None:
    found = lived((0, look(0, SILENT)), (41, look(40, LOUD, Outcome.DONE)), until=100)
    assert found == {"exposed": 41, "until-seen": 40, "until-corrected": 1}


def test_a_refused_correction_is_counted_until_one_works() -> None:
    found = lived(
        (0, look(0, SILENT)),
        (41, look(40, LOUD, Outcome.FAILED)),
        (51, look(50, LOUD, Outcome.DONE)),
        until=100,
    )
    assert found == {
        "exposed": 51,
        "until-seen": 40,
        "until-corrected": 1,
        "refused": 10,
    }


def test_an_unchanged_visit_bounds_the_time_until_seen() -> None:
    meter = ExposureMeter()
    meter.evaluated(look(0, SILENT), NOW)
    meter.unchanged(ROOM, NOW + 35)
    meter.evaluated(look(40, LOUD), NOW + 40)
    seconds = meter.totals(NOW + 40)[ROOM, OverheardCause.UNTIL_SEEN]
    assert seconds == pytest.approx(5)


def test_a_pause_is_the_cause_while_it_lasts() -> None:
    paused = look(50, None, standing=Standing.PAUSED)
    found = lived((0, look(0, SILENT)), (40, look(40, LOUD)), (50, paused), until=70)
    assert found == {
        "exposed": 70,
        "until-seen": 40,
        "until-corrected": 10,
        "paused": 20,
    }


def test_nothing_is_counted_of_a_released_room_or_of_who_left() -> None:
    released = look(50, None, standing=Standing.RELEASED)
    seen = ((0, look(0, SILENT)), (40, look(40, LOUD)))
    expected = {"exposed": 50, "until-seen": 40, "until-corrected": 10}
    assert lived(*seen, (50, released), until=90) == expected
    assert lived(*seen, (50, look(50, None)), until=90) == expected


def test_nothing_is_counted_of_a_room_that_another_process_follows() -> None:
    meter = ExposureMeter()
    meter.evaluated(look(0, LOUD), NOW)
    meter.left(ROOM, NOW + 30)
    meter.left("never", NOW + 30)
    assert meter.totals(NOW + 90)[ROOM, None] == pytest.approx(30)
    meter.evaluated(look(100, LOUD), NOW + 100)
    assert meter.totals(NOW + 110)[ROOM, None] == pytest.approx(40)


def test_a_look_that_saw_nothing_changes_nothing() -> None:
    unknown = look(20, LOUD)
    unknown = replace(unknown, evaluation=replace(unknown.evaluation, observation=None))
    assert lived((0, look(0, SILENT)), (20, unknown), until=60) == {}


def test_a_restored_room_is_counted_as_one_that_is_evaluated() -> None:
    evaluated, restored = ExposureMeter(), ExposureMeter()
    first = look(0, LOUD)
    evaluated.evaluated(first, NOW)
    seen = observed_of(look(-600, LOUD).evaluation, None, None)
    assert seen is not None
    restored.restored(seen, NOW)
    for meter in (evaluated, restored):
        meter.unchanged(ROOM, NOW + 20)
        meter.evaluated(look(40, SILENT), NOW + 40)
    assert restored.totals(NOW + 60) == evaluated.totals(NOW + 60)


@pytest.mark.parametrize("shown", [SILENT, LOUD])
def test_a_restored_room_is_kept_as_if_it_were_compared(shown: Participant) -> None:
    seen = observed_of(look(-600, shown).evaluation, None, None)
    assert seen is not None
    legs = tuple(replace(leg, since=NOW) for leg in seen.legs)
    now = replace(seen, seen_at=NOW, previous_at=None, legs=legs)
    meter = ExposureMeter()
    meter.restored(seen, NOW)
    assert meter._rooms[ROOM] == advance(None, now)[0]
    assert not meter._ended

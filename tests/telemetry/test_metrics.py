"""Metrics: what they say, and what they never say."""

import re

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from reconciler.engine.loop.observer import ControllerObserver, RunOutcome
from reconciler.engine.loop.resync_schedule import Capacity
from reconciler.engine.loop.work_queue import Priority
from reconciler.engine.room.evaluation import Evaluation, RoomPhase
from reconciler.engine.room.outcome import ActionOutcome, Outcome
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.model.action import Change, ChangeKind, FieldChange, Harm, Remove, Ring
from reconciler.model.attempt import AttemptState, CallOutcome
from reconciler.planning.finding import Adopted, Finding, Progress
from reconciler.planning.plan import Plan, Withheld
from reconciler.telemetry.health import StallThresholds, Vitals, admin_app
from reconciler.telemetry.metrics import Metrics, word
from tests.planning.restored import RESTORED

ROOM = "support-line"
LABEL = "ann-private"
NUMBER = "+15551230001"
CALL = "CA386025c9bf5d6052a1d1ea42b4d16662"
CONFERENCE = "CFbbe4632a3c49700934481addd5ce1659"

RING = Ring(LABEL, NUMBER, ROOM, (), (), 1, 1, "absent")
MUTE = Change(
    LABEL, CALL, CONFERENCE, ChangeKind.MUTE, (FieldChange("muted", False, True),),
    Harm.SILENCE, "declared",
)  # fmt: skip
KICK = Remove(LABEL, CALL, CONFERENCE, True, "dismissed")


class Time:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def metrics(time: Time) -> Metrics:
    return Metrics(
        clock=time,
        vitals=lambda: Vitals(
            now=time(), started_at=900.0, loop_at=time(), warmed=True
        ),
        limits=StallThresholds(),
        version="1.2.3",
        paused_for=lambda now: max(0.0, 1030.0 - now),
    )


def seen(
    state: RoomPhase, *found: Finding, withheld: int = 0, room: str = ROOM
) -> ReconcileResult:
    kept = (Withheld(KICK, "removals", "too many"),) * withheld
    return ReconcileResult(
        Evaluation(room, state, Plan(room, 1, findings=found, withheld=kept))
    )


def read(metrics: Metrics, name: str, **labels: str) -> float:
    body, _ = metrics.exposition()
    for family in text_string_to_metric_families(body.decode()):
        for sample in family.samples:
            if sample.name == name and sample.labels == labels:
                return float(sample.value)
    raise LookupError(name)


def test_they_are_what_the_engine_tells(metrics: Metrics) -> None:
    observer: ControllerObserver = metrics
    observer.on_queue_depth({Priority.WEBHOOK: 3, Priority.RESYNC: 0}, 2)
    observer.on_run_ended(ROOM, RunOutcome.ACTED, 0.2)
    observer.on_action(ROOM, ActionOutcome(MUTE, Outcome.DONE))
    observer.on_error(ROOM, RunOutcome.OUTAGE, ValueError(NUMBER))
    observer.on_capacity(Capacity(10, 30.0, 0.3, 40.0))
    assert read(metrics, "reconciler_queue_depth", lane="webhook") == 3
    assert read(metrics, "reconciler_runs_running") == 2
    assert read(metrics, "reconciler_runs_total", result="acted") == 1
    assert read(metrics, "reconciler_run_seconds_sum") == 0.2
    assert read(metrics, "reconciler_actions_total", verb="change", outcome="done") == 1
    assert read(metrics, "reconciler_troubles_total", result="outage") == 1
    assert read(metrics, "reconciler_looks_possible") == 40
    assert read(metrics, "reconciler_build_info", version="1.2.3") == 1


def test_drift_counts_from_the_look_that_found_it_to_the_one_that_did_not(
    metrics: Metrics, time: Time
) -> None:
    for at, drift in ((1000, ["muted"]), (1002, ["muted", "hold"]), (1005, ["hold"])):
        metrics.on_evaluated(seen(RoomPhase.CONVERGING), drift, float(at))
    time.now = 1010.0
    assert read(metrics, "reconciler_drift_seconds_sum", field="muted") == 5
    assert read(metrics, "reconciler_drift_oldest_seconds") == 8
    metrics.on_evaluated(seen(RoomPhase.CONVERGED), [], 1012.0)
    assert read(metrics, "reconciler_drift_seconds_sum", field="hold") == 10
    assert read(metrics, "reconciler_drift_oldest_seconds") == 0
    assert read(metrics, "reconciler_converge_seconds_sum") == 12
    assert read(metrics, "reconciler_converge_seconds_count") == 1


def test_an_unknown_look_ends_no_drift_and_ages_what_is_known(
    metrics: Metrics, time: Time
) -> None:
    metrics.on_evaluated(seen(RoomPhase.CONVERGING, withheld=2), ["muted"], 1000.0)
    metrics.on_evaluated(seen(RoomPhase.UNKNOWN), [], 1050.0)
    time.now = 1060.0
    assert read(metrics, "reconciler_observation_age_seconds") == 60
    assert read(metrics, "reconciler_drift_oldest_seconds") == 60
    assert read(metrics, "reconciler_withheld_actions") == 2
    assert read(metrics, "reconciler_rooms", state="unknown") == 1


def test_a_room_that_was_never_read_is_unknown_and_as_old_as_its_meeting(
    metrics: Metrics, time: Time
) -> None:
    metrics.on_new_room("never", 1000.0)
    metrics.on_new_room(ROOM, 1000.0)
    metrics.on_evaluated(seen(RoomPhase.CONVERGED), [], 1200.0)
    metrics.on_evaluated(seen(RoomPhase.UNKNOWN, room="never"), [], 1250.0)
    metrics.on_error("never", RunOutcome.FAILED, ValueError("garbage"))
    time.now = 1300.0
    assert read(metrics, "reconciler_observation_age_seconds") == 300
    assert read(metrics, "reconciler_rooms", state="unknown") == 1
    metrics.on_evaluated(seen(RoomPhase.CONVERGED, room="never"), [], 1300.0)
    assert read(metrics, "reconciler_observation_age_seconds") == 100
    assert read(metrics, "reconciler_rooms", state="unknown") == 0


def test_a_room_whose_visit_broke_off_is_unknown_until_it_is_read(
    metrics: Metrics,
) -> None:
    metrics.on_evaluated(seen(RoomPhase.CONVERGED), [], 1000.0)
    metrics.on_error(ROOM, RunOutcome.FAILED, ValueError("garbage"))
    metrics.on_error("", RunOutcome.OUTAGE, ValueError("away"))
    assert read(metrics, "reconciler_rooms", state="unknown") == 1
    metrics.on_unchanged(ROOM, 1001.0)
    metrics.on_evaluated(seen(RoomPhase.CONVERGED), [], 1002.0)
    assert read(metrics, "reconciler_rooms", state="unknown") == 0


def test_a_restored_room_is_as_declared(metrics: Metrics) -> None:
    metrics.on_new_room(RESTORED.room, 900.0)
    metrics.on_restored(RESTORED, 1000.0)
    metrics.on_unchanged(RESTORED.room, 1000.0)
    assert read(metrics, "reconciler_rooms", state="converged") == 1
    assert read(metrics, "reconciler_rooms", state="unknown") == 0


def test_a_room_that_was_left_is_not_measured_until_it_comes_back(
    metrics: Metrics, time: Time
) -> None:
    """What became of creates that were under way shows only after that."""
    metrics.on_new_room(ROOM, 1000.0)
    metrics.on_evaluated(seen(RoomPhase.CONVERGED), [], 1000.0)
    metrics.on_room_left(ROOM)
    metrics.on_evaluated(seen(RoomPhase.CONVERGING), ["muted"], 1001.0)
    time.now = 2000.0
    assert read(metrics, "reconciler_rooms", state="converging") == 0
    assert read(metrics, "reconciler_observation_age_seconds") == 0
    assert read(metrics, "reconciler_drift_oldest_seconds") == 0
    metrics.on_new_room(ROOM, 2000.0)
    metrics.on_evaluated(seen(RoomPhase.CONVERGED), [], 2000.0)
    assert read(metrics, "reconciler_rooms", state="converged") == 1


def test_refused_credentials_are_told_while_they_are_refused(time: Time) -> None:
    life = Vitals(now=time(), started_at=900.0)
    metrics = Metrics(
        clock=time, vitals=lambda: life, limits=StallThresholds(), version="1"
    )
    assert read(metrics, "reconciler_credentials_refused") == 0
    life = Vitals(now=time(), started_at=900.0, credentials_refused_at=950.0)
    assert read(metrics, "reconciler_credentials_refused") == 1


def test_queued_rings_are_no_outcome(metrics: Metrics) -> None:
    for _ in range(3):
        metrics.on_action(ROOM, ActionOutcome(RING, Outcome.PACED, "9 calls queued"))
    assert b'outcome="paced"' not in metrics.exposition()[0]


def test_all_series_are_there_before_anything_happened(metrics: Metrics) -> None:
    before = {line.rpartition(" ")[0] for line in _lines(metrics)}
    for ending in RunOutcome:
        metrics.on_run_ended(ROOM, ending, 1.0)
        metrics.on_error(ROOM, ending, ValueError())
    for action in (RING, MUTE, KICK):
        for result in Outcome:
            metrics.on_action(ROOM, ActionOutcome(action, result))
    for outcome in CallOutcome:
        ended = Progress(1, LABEL, AttemptState.ENDED, "over", outcome=outcome)
        metrics.on_evaluated(seen(RoomPhase.CONVERGED, ended), [], 1.0)
    for event, refused in (("unread", "forged"), ("call-busy", "unknown")):
        metrics.webhook(event, refused, None)
    assert {line.rpartition(" ")[0] for line in _lines(metrics)} == before


def _lines(metrics: Metrics) -> list[str]:
    """The samples of counters of our own."""
    text = metrics.exposition()[0].decode()
    return [
        each for each in text.splitlines() if re.match(r"reconciler_\w+_total", each)
    ]


@pytest.mark.parametrize("state", [RoomPhase.PAUSED, RoomPhase.RELEASED])
def test_a_room_that_is_not_ours_now_has_no_age_and_no_drift(
    metrics: Metrics, time: Time, state: RoomPhase
) -> None:
    metrics.on_evaluated(seen(RoomPhase.CONVERGING, withheld=1), ["muted"], 1000.0)
    metrics.on_evaluated(seen(state), [], 1001.0)
    time.now = 2000.0
    assert read(metrics, "reconciler_observation_age_seconds") == 0
    assert read(metrics, "reconciler_drift_oldest_seconds") == 0
    assert read(metrics, "reconciler_withheld_actions") == 0
    assert read(metrics, "reconciler_rooms", state=str(state)) == 1


def test_a_stalled_room_did_not_converge(metrics: Metrics) -> None:
    metrics.on_evaluated(seen(RoomPhase.CONVERGING), ["muted"], 1000.0)
    metrics.on_evaluated(seen(RoomPhase.STALLED), ["muted"], 1001.0)
    assert read(metrics, "reconciler_converge_seconds_count") == 0


def test_attempts_count_once_though_every_look_finds_them_again(
    metrics: Metrics,
) -> None:
    busy = Progress(7, LABEL, AttemptState.ENDED, "busy", outcome=CallOutcome.BUSY)
    mine = Adopted(LABEL, NUMBER, 1, CALL, CONFERENCE, None, "dialed in")
    going = Progress(8, LABEL, AttemptState.PLACED, "rings")
    for _ in range(3):
        metrics.on_evaluated(seen(RoomPhase.CONVERGING, busy, mine, going), [], 1000.0)
    for result in (Outcome.DONE, Outcome.PACED, Outcome.UNKNOWN, Outcome.FAILED):
        metrics.on_action(ROOM, ActionOutcome(RING, result))
    counted = {
        name: read(metrics, "reconciler_attempts_total", outcome=name)
        for name in ("busy", "adopted", "placed", "unknown", "refused")
    }
    assert counted == dict.fromkeys(counted, 1)
    with pytest.raises(LookupError):
        read(metrics, "reconciler_attempts_total", outcome="paced")


def test_requests_pauses_and_webhooks_are_counted(metrics: Metrics) -> None:
    metrics.request("create participant", "POST", 201, 0.3, "RQ1")
    metrics.request("list participants", "GET", 0, 10.0, None)
    metrics.paused(5.0)
    metrics.webhook("participant-join", "marked", 0.5)
    metrics.webhook("unread", "forged", None)
    create = {"operation": "create participant"}
    assert read(metrics, "reconciler_twilio_requests_total", **create, code="201") == 1
    assert read(metrics, "reconciler_twilio_request_seconds_sum", **create) == 0.3
    assert read(metrics, "reconciler_budget_pauses_total") == 1
    assert read(metrics, "reconciler_budget_paused_seconds") == 30
    assert read(metrics, "reconciler_webhook_lag_seconds_count") == 1
    forged = {"event": "unread", "result": "forged"}
    assert read(metrics, "reconciler_webhooks_total", **forged) == 1


def test_health_is_among_them(metrics: Metrics, time: Time) -> None:
    assert read(metrics, "reconciler_alive") == 0
    assert read(metrics, "reconciler_ready") == 1
    assert read(metrics, "reconciler_ticker_silence_seconds") == 100
    time.now = 1001.0
    assert read(metrics, "reconciler_last_clean_run_seconds") == 101


_hostile = st.sampled_from([ROOM + "9", LABEL + "1", NUMBER, CALL, CONFERENCE]) | (
    st.text(st.characters(codec="utf-8"), max_size=60)
)


@given(_hostile)
def test_a_word_with_a_digit_or_odd_sign_never_becomes_a_label(text: str) -> None:
    made = word(text)
    assert made == "other" or re.fullmatch(r"[A-Za-z _-]{1,48}", made)


async def test_no_number_label_sid_or_room_name_is_ever_shown(
    metrics: Metrics,
) -> None:
    finding = Progress(
        1, LABEL, AttemptState.ENDED, NUMBER, CALL, outcome=CallOutcome.LEFT
    )
    drift = [NUMBER, CALL, "muted"]
    for room in (ROOM, NUMBER):
        metrics.on_evaluated(seen(RoomPhase.CONVERGING, finding, room=room), drift, 1.0)
        metrics.on_evaluated(seen(RoomPhase.CONVERGED, finding, room=room), [], 2.0)
        for action in (RING, MUTE, KICK):
            for result in Outcome:
                metrics.on_action(room, ActionOutcome(action, result, NUMBER, CALL))
        for ending in RunOutcome:
            metrics.on_run_ended(room, ending, 1.0)
            metrics.on_error(room, ending, ValueError(NUMBER))
    metrics.request(f"GET /{CALL}", "GET", 200, 1.0, "RQ1")
    metrics.webhook(NUMBER, CALL, 1.0)
    app = admin_app(metrics.vitals, metrics.exposition, StallThresholds())
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://admin"
    ) as http:
        answer = await http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    for private in (ROOM, LABEL, NUMBER, NUMBER[1:], CALL, CONFERENCE, "RQ1"):
        assert private not in answer.text
    assert not re.search(r"[A-Z]{2}[0-9a-f]{32}|\+\d{7}", answer.text)
    names = set(re.findall(r'(\w+)="', answer.text))
    assert names <= {
        "lane", "result", "state", "field", "verb", "outcome", "operation",
        "code", "event", "version", "le", "room", "cause",
    }  # fmt: skip

"""Logs: JSON or lines, constant messages with fields, and nothing private."""

import io
import json
import logging
import warnings

import pytest

from reconciler.engine.loop.observer import ControllerObserver, RunOutcome
from reconciler.engine.loop.resync_schedule import Capacity
from reconciler.engine.room.evaluation import Evaluation, RoomPhase
from reconciler.engine.room.outcome import ActionOutcome, Outcome
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.model.errors import StoreError
from reconciler.planning.plan import Plan
from reconciler.telemetry.log_observer import FanOutObserver, LogObserver
from reconciler.telemetry.logs import logging_to
from tests.telemetry.test_metrics import MUTE, NUMBER, RING, ROOM, seen

SECRET = "s3cret/with+signs"
log = logging.getLogger("tests.web")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_of_json_has_the_message_and_every_field() -> None:
    stream = io.StringIO()
    with logging_to(stream, secrets=[SECRET]):
        log.info(
            "room is %s", "well", extra={"room": ROOM, "generation": 3, "run": "a1"}
        )
    (line,) = lines(stream)
    at = str(line.pop("at"))
    assert at.endswith("+00:00")
    assert line == {
        "level": "info",
        "logger": "tests.web",
        "message": "room is well",
        "room": ROOM,
        "generation": 3,
        "run": "a1",
    }


def test_a_terminal_gets_short_lines() -> None:
    stream = Terminal()
    with logging_to(stream, secrets=[]):
        log.warning("action", extra={"room": ROOM, "code": None})
        log.debug("too much")
    assert stream.getvalue()[8:] == f" warning action  room={ROOM}\n"


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
def test_numbers_are_masked_and_secrets_dropped_wherever_they_are(
    stream: io.StringIO,
) -> None:
    forms = [SECRET, "s3cret%2Fwith%2Bsigns", "s3cret/with%2Bsigns"]
    with logging_to(stream, secrets=[SECRET, "", "s3cret"]):
        for each in forms:
            log.info("to %s with %s", NUMBER, each, extra={"to": NUMBER, "url": each})
            error = ValueError(f"cannot ring {NUMBER} by {each}")
            log.error("failed", exc_info=error, extra={"of": [NUMBER, {each: NUMBER}]})
        log.error("odd %d", NUMBER)
        log.info("stack", stack_info=True)
    text = stream.getvalue()
    assert NUMBER not in text
    assert "s3cret" not in text
    assert "+1555•••0001" in text
    assert "ValueError" in text


def test_a_field_cannot_pass_for_the_level_or_moment_of_a_line() -> None:
    stream = io.StringIO()
    with logging_to(stream, secrets=[]):
        log.info("well", extra={"level": "error", "at": "never", "logger": "x"})
    (line,) = lines(stream)
    assert (line["level"], line["logger"]) == ("info", "tests.web")


def test_a_line_stays_one_line_whatever_is_in_it() -> None:
    stream = io.StringIO()
    with logging_to(stream, secrets=[]):
        log.info("well", extra={"room": 'a\n{"level": "error"}\r\n'})
    assert len(lines(stream)) == 1


def test_libraries_speak_through_the_same_door_and_only_of_what_matters() -> None:
    stream = io.StringIO()
    with logging_to(stream, secrets=[]):
        logging.getLogger("httpx").info("HTTP Request: POST %s", NUMBER)
        logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
        logging.getLogger("apscheduler.scheduler").info("Added job")
        logging.getLogger("httpx").warning("slow %s", NUMBER)
        logging.getLogger("uvicorn.error").error("broken")
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn(f"odd {NUMBER}", stacklevel=1)
    assert [line["logger"] for line in lines(stream)] == [
        "httpx",
        "uvicorn.error",
        "py.warnings",
    ]
    assert NUMBER not in stream.getvalue()


def test_logging_is_afterwards_as_it_was_before() -> None:
    root = logging.getLogger()
    before = root.level, root.handlers[:], logging.getLogger("httpx").level
    with logging_to(io.StringIO(), secrets=[], level=logging.DEBUG):
        assert len(root.handlers) == 1
    assert (root.level, root.handlers, logging.getLogger("httpx").level) == before


def test_rings_that_wait_for_the_pace_are_one_line_a_room() -> None:
    stream = io.StringIO()
    observer: ControllerObserver = LogObserver()
    ringing = ReconcileResult(
        Evaluation(ROOM, RoomPhase.CONVERGING, Plan(ROOM, 1, actions=(RING,)))
    )
    with logging_to(stream, secrets=[]):
        for left in (9, 8, 7):
            observer.on_evaluated(ringing, ["present"], 1.0)
            for _ in range(left):
                observer.on_action(
                    ROOM, ActionOutcome(RING, Outcome.PACED, f"{left} calls queued")
                )
            observer.on_action(
                "other", ActionOutcome(RING, Outcome.PACED, "1 call queued")
            )
    assert [
        (line["level"], line["message"], line["room"]) for line in lines(stream)
    ] == [
        ("info", "room is not as declared", ROOM),
        ("info", "calls queued", ROOM),
        ("info", "calls queued", "other"),
    ]
    assert lines(stream)[1]["reason"] == "9 calls queued"


def test_what_is_found_is_logged_again_once_it_changed_or_was_gone() -> None:
    stream = io.StringIO()
    observer: ControllerObserver = LogObserver()
    with logging_to(stream, secrets=[]):
        for drift in (["muted"], ["muted"], ["hold"], [], [], ["hold"]):
            observer.on_evaluated(seen(RoomPhase.CONVERGING), drift, 1.0)
        observer.on_action(ROOM, ActionOutcome(RING, Outcome.PACED, "1 call queued"))
        observer.on_evaluated(seen(RoomPhase.CONVERGED), [], 1.0)
        observer.on_action(ROOM, ActionOutcome(RING, Outcome.PACED, "1 call queued"))
    told = [line.get("drift") for line in lines(stream)]
    assert told == ["muted", "hold", "hold", None, None]


def test_the_journal_tells_deeds_and_troubles_with_fields_only() -> None:
    stream = io.StringIO()
    observer: ControllerObserver = FanOutObserver((LogObserver(), LogObserver()))
    with logging_to(stream, secrets=[], level=logging.DEBUG):
        observer.on_queue_depth({}, 0)
        observer.on_evaluated(seen(RoomPhase.CONVERGING), ["muted"], 1.0)
        observer.on_action(ROOM, ActionOutcome(MUTE, Outcome.DONE, request_id="RQ1"))
        observer.on_action(
            ROOM, ActionOutcome(RING, Outcome.FAILED, NUMBER, code=21211)
        )
        observer.on_error(ROOM, RunOutcome.OUTAGE, StoreError("the database is away"))
        observer.on_error("", RunOutcome.FAILED, KeyError(NUMBER))
        observer.on_capacity(Capacity(900, 30.0, 30.0, 10.0))
        observer.on_capacity(Capacity(1, 30.0, 1.0, 10.0))
        observer.on_run_ended(ROOM, RunOutcome.ACTED, 0.1234)
    told = lines(stream)[::2]
    assert [(line["level"], line["message"]) for line in told] == [
        ("info", "room is not as declared"),
        ("info", "action"),
        ("warning", "action"),
        ("warning", "error in a run"),
        ("error", "error in a run"),
        ("warning", "resync periods cannot be kept"),
        ("debug", "run ended"),
    ]
    assert told[1]["request_id"] == "RQ1"
    assert (told[2]["code"], told[2]["answer"]) == (21211, "+1555•••0001")
    assert "traceback" not in told[3]
    assert "KeyError" in str(told[4]["traceback"])
    assert "a resync of 90 s" in str(told[5]["reason"])
    assert NUMBER not in stream.getvalue()

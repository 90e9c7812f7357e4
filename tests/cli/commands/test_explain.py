"""Seeing: why somebody is as they are, what happens as it happens, what is missing."""

import json
import re
import signal
import sqlite3
import time
from collections.abc import Callable
from typing import Any

import pytest

from reconciler.cli.twilio_check import _clock, _skew
from tests.cli.conftest import LINE, PATIENCE, World
from tests.cli.forked_process import ForkedProcess


def converged(world: World, roster: str = LINE) -> None:
    world.converge(roster)


def explained(world: World, label: str) -> Any:
    done = world.run("explain", "line", label, "--output", "json")
    assert done.code == 0, done.err
    return done.data


def test_somebody_connected_is_explained_from_roster_to_request(world: World) -> None:
    converged(world)

    told = explained(world, "bob")
    text = world.run("explain", "line", "bob").out

    assert told["roster"] == "desired/line.yaml:7"
    assert told["desired"]["muted"] is True
    assert told["observed"]["call_sid"] == world.people()["bob"]["call_sid"]
    assert told["phase"] == "connected"
    (attempt,) = told["attempts"]
    assert (attempt["state"], attempt["number"]) == ("placed", 1)
    assert attempt["call_sid"] == told["observed"]["call_sid"]
    assert attempt["request_id"].startswith("RQ")
    assert told["events"][-1]["kind"].startswith(("ring.", "attempt.", "change."))
    assert told["next"]["what"] == "nothing — as declared"
    assert told["next"]["at"] is None
    for words in (
        "bob in line: connected, muted",
        "desired/line.yaml:7, generation 1",
        attempt["request_id"],
        attempt["call_sid"],
        "next: nothing — as declared",
    ):
        assert words in text
    assert re.search(r" ring 1: connected \[connected 2", text)


def test_every_call_of_a_member_is_shown_by_status_and_explain(world: World) -> None:
    converged(world)
    first = world.people()["bob"]["call_sid"]
    world.tell("dial-in", room="line", **{"from": "client:bob"})

    told = explained(world, "bob")
    status = world.run("status", "line", "--output", "json").data
    text = world.run("status", "line").out

    (room,) = status["rooms"]
    bob = next(each for each in room["members"] if each["label"] == "bob")
    assert len(bob["legs"]) == 2
    assert bob["legs"] == told["legs"]
    assert {bob["in_sync"], room["state"]} == {False, "converging"}
    assert f"{first} another call of bob: connected, muted" in " ".join(text.split())
    assert f"also in: call {first}" in world.run("explain", "line", "bob").out
    assert world.run("sync").code == 0
    silent = explained(world, "bob")
    assert [each["muted"] for each in silent["legs"]] == [True, True]


def test_somebody_busy_is_explained_with_when_the_phone_rings_again(
    world: World,
) -> None:
    world.write(LINE + "redial: {attempts: 3, backoff: 10m}\n")
    world.tell("people", address="+15551230004", busy=True)
    assert world.run("sync", "--timeout", "4s").code == 3

    told = explained(world, "dan")

    assert [each["outcome"] for each in told["attempts"]] == ["busy"]
    assert told["next"]["at"] > time.time() + 300
    assert "attempt 2 of 3" in told["next"]["what"]
    text = world.run("explain", "line", "dan").out
    assert "next: busy; retrying (attempt 2 of 3), at 2" in text
    assert "+15551230004" not in text


def test_somebody_refused_is_explained_with_the_meaning_of_the_code(
    world: World,
) -> None:
    world.write(LINE.replace("+15551230004", "+15005550004"))
    assert world.run("sync", "--timeout", "20s").code in {1, 4}

    told = explained(world, "dan")

    assert told["phase"] == "stalled"
    assert told["attempts"][0]["code"] == 21216
    assert "may not call that number" in told["attempts"][0]["meaning"]
    assert told["next"]["what"].startswith("nothing until somebody acts")


def test_somebody_whose_removal_is_withheld_is_told_how_it_is_let_through(
    world: World,
) -> None:
    converged(world, LINE + "limits: {removals: 0}\n")
    dan = '  dan: {to: "+15551230004"}\n'
    world.write(LINE.replace(dan, "") + "limits: {removals: 0}\n")
    assert world.run("sync").code == 4
    told = explained(world, "dan")
    assert told["roster"] is None
    assert "reconciler approve line" in told["next"]["what"]
    assert "no longer listed" in world.run("explain", "line", "dan").out


def test_somebody_in_a_paused_room_is_told_when_it_ends(world: World) -> None:
    converged(world)
    until = world.run("pause", "line", "--for", "1h", "--output", "json").data["until"]
    told = explained(world, "ann")
    assert (told["next"]["what"], told["next"]["at"]) == ("the pause ends", until)


def test_somebody_nobody_ever_named_is_not_explained(world: World) -> None:
    converged(world)
    done = world.run("explain", "line", "zoe")
    assert done.code == 78
    assert "zoe" in done.err
    assert "ann" in done.err


def test_while_twilio_cannot_be_asked_the_record_is_told(world: World) -> None:
    converged(world)
    world.tell("faults", kind="garbage", method="GET", path="*", times=1000)
    done = world.run("explain", "line", "bob", "--output", "json")
    assert done.code == 69
    assert done.data["attempts"][0]["state"] == "placed"
    assert done.data["observed"] is None


def lines_of(process: ForkedProcess, wanted: int) -> list[str]:
    assert process.stdout is not None
    return [process.stdout.readline() for _ in range(wanted)]


def ended(process: ForkedProcess) -> int:
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE)
    return process.wait()


@pytest.mark.process
def test_events_are_followed_as_they_come_each_once(world: World) -> None:
    converged(world)
    words = ("--follow", "--limit", "1", "--output", "json")
    process = world.start("events", "line", *words)
    (first,) = (json.loads(each) for each in lines_of(process, 1))

    assert world.run("pause", "line").code == 0
    assert world.run("resume", "line").code == 0

    came = [json.loads(each) for each in lines_of(process, 2)]
    assert [each["kind"] for each in came] == ["room.paused", "room.resumed"]
    assert first["id"] < came[0]["id"] < came[1]["id"]
    assert ended(process) == 0


def test_events_can_be_asked_for_by_age_and_number(world: World) -> None:
    converged(world)
    with sqlite3.connect(world.folder / "reconciler.db") as database:
        database.execute(
            "UPDATE events SET at = at - 7200 WHERE kind = 'roster.loaded'"
        )
    database.close()
    recent = world.run("events", "--since", "1h").out
    assert "roster.loaded" not in recent
    assert "ring.done" in recent
    assert "roster.loaded" in world.run("events", "--since", "3h").out
    assert len(world.run("events", "--limit", "2").out.splitlines()) == 2


@pytest.mark.process
def test_status_is_watched_and_prints_changes_alone(world: World) -> None:
    converged(world)
    process = world.start("status", "--watch")
    whole = lines_of(process, 6)
    assert "converged" in whole[0]

    world.tell("hang-up", who="dan")

    (change,) = lines_of(process, 1)
    assert " line: dan: " in change
    assert "connected" not in change
    assert ended(process) == 0


@pytest.mark.process
def test_who_hears_whom_is_watched_too(world: World) -> None:
    converged(world)
    process = world.start("status", "--watch", "--audibility")
    assert "is heard by whom" in "".join(lines_of(process, 6 + 7))
    world.tell("hang-up", who="dan")
    changes = "".join(lines_of(process, 3))
    assert " line: dan (audibility): gone" in changes
    assert ended(process) == 0


@pytest.mark.process
def test_a_watch_for_programs_prints_a_document_a_change(world: World) -> None:
    converged(world)
    process = world.start("status", "--watch", "--output", "json")
    (before,) = (json.loads(each) for each in lines_of(process, 1))
    world.tell("change", who="bob", muted=False)
    (after,) = (json.loads(each) for each in lines_of(process, 1))
    states = [each["rooms"][0]["state"] for each in (before, after)]
    assert states == ["converged", "converging"]
    assert ended(process) == 0


def levels(world: World, **environ: str) -> tuple[int, dict[str, str]]:
    done = world.run("doctor", "--output", "json", **environ)
    assert "Traceback" not in done.err
    return done.code, {each["check"]: each["level"] for each in done.data["checks"]}


@pytest.mark.usefixtures("packaged_zones")
def test_a_doctor_finds_nothing_wrong_where_nothing_is(world: World) -> None:
    world.write(LINE)
    assert levels(world) == (
        0,
        {
            "credentials": "ok",
            "clock": "ok",
            "database": "ok",
            "database file": "ok",
            "daemon": "ok",
            "public URL": "ok",
            "policy": "ok",
            "notifications": "ok",
            "time zones": "ok",
            "profile": "ok",
            "rosters": "ok",
        },
    )
    assert world.writes() == []
    assert not (world.folder / "reconciler.db").exists()
    assert len(world.run("doctor").out.splitlines()) == 11


def _newer(world: World) -> dict[str, str]:
    assert world.run("db", "upgrade").code == 0
    with sqlite3.connect(world.folder / "reconciler.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    return {}


def _bad_file(world: World) -> dict[str, str]:
    world.write("version: 1\nconference: x\n", "bad.yaml")
    return {}


def _given(**environ: str) -> Callable[[World], dict[str, str]]:
    return lambda _: environ


@pytest.mark.parametrize(
    ("arrange", "check", "level", "code"),
    [
        pytest.param(_given(TWILIO_AUTH_TOKEN="wrong"), "credentials", "fail", 77, id="token"),
        pytest.param(_given(TWILIO_ACCOUNT_SID=""), "credentials", "fail", 78, id="no account"),
        pytest.param(_given(RECONCILER_TWILIO_URL="http://127.0.0.1:9"), "credentials", "fail", 69, id="no Twilio"),
        pytest.param(_given(RECONCILER_DATABASE_URL="mysql://x/y"), "database", "fail", 78, id="kind"),
        pytest.param(_given(RECONCILER_DATABASE_URL="sqlite:///no/where.db"), "database file", "fail", 69, id="folder"),
        pytest.param(_given(RECONCILER_DATABASE_URL="postgresql://127.0.0.1:9/x"), "database", "fail", 69, id="no server"),
        pytest.param(_given(RECONCILER_PUBLIC_URL="example.com"), "public URL", "fail", 78, id="form"),
        pytest.param(_given(RECONCILER_PUBLIC_URL="http://localhost:80"), "public URL", "warn", 0, id="here"),
        pytest.param(_newer, "database", "fail", 78, id="newer"),
        pytest.param(_bad_file, "rosters", "fail", 78, id="roster"),
    ],
)  # fmt: skip
def test_a_doctor_names_what_is_wrong_and_goes_on(
    world: World,
    arrange: Callable[[World], dict[str, str]],
    check: str,
    level: str,
    code: int,
) -> None:
    world.write(LINE)
    environ = arrange(world)

    found = levels(world, **environ)

    assert (found[0], found[1][check]) == (code, level)
    assert found[1]["rosters"] == ("fail" if check == "rosters" else "ok")


def test_a_doctor_says_which_voice_webhook_a_number_needs(world: World) -> None:
    world.write(LINE)
    said = world.run("doctor", RECONCILER_PUBLIC_URL="https://a.example/x/").out
    assert "ok   voice URL: " in said
    assert "POST https://a.example/x/voice/ROOM" in said


@pytest.mark.parametrize(
    ("told", "sent", "came", "ahead"),
    [
        ("Tue, 14 Nov 2023 22:13:20 GMT", 0.4, 0.6, 0.0),
        ("Tue, 14 Nov 2023 22:13:20 GMT", -1.0, 2.5, 0.0),
        ("Tue, 14 Nov 2023 22:13:20 GMT", 31.0, 31.5, 30.0),
        ("Tue, 14 Nov 2023 22:13:20 GMT", -40.5, -40.0, -40.0),
        ("yesterday", 0.0, 0.0, None),
    ],
    ids=["same", "slow line", "ahead", "behind", "no date"],
)
def test_a_clock_is_wrong_by_what_no_delay_explains(
    told: str, sent: float, came: float, ahead: float | None
) -> None:
    second = 1_700_000_000.0
    assert _skew(told, second + sent, second + came) == ahead


@pytest.mark.parametrize(
    ("skew", "level", "words"),
    [
        (3.0, "ok", "agrees"),
        (90.0, "warn", "90 s ahead of"),
        (-90.0, "warn", "90 s behind"),
    ],
)
def test_a_clock_that_is_far_off_is_worth_a_warning(
    skew: float, level: str, words: str
) -> None:
    (finding,) = _clock(skew)
    assert finding.level == level
    assert words in finding.text

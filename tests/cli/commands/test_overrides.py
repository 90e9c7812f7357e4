"""A person's words on top of a file: carried out, shown, ended, refused in a sentence."""

import json
import time
from typing import Any

import pytest

from tests.cli.conftest import World
from tests.cli.daemon_process import daemon
from tests.waiting import until

BOARD = """\
version: 1
conference: line
from: "+15550100001"
defaults: {muted: false, hold: false}
participants:
  ann: {to: "+15551230001"}
  bob: {to: "client:bob", muted: true}
  cara: {to: "sip:cara@example.com"}
  dan: {to: "+15551230004"}
modes:
  sidebar: {bob: {hold: true}, unlisted: hold}
"""


@pytest.fixture
def line(world: World) -> World:
    world.converge(BOARD)
    return world


def events(world: World, kind: str) -> list[Any]:
    lines = world.run("events", "line", "--output", "json").out.splitlines()
    return [x for x in map(json.loads, lines) if x["kind"].startswith(kind)]


def state(world: World, field: str) -> dict[str, Any]:
    return {label: leg[field] for label, leg in world.people().items()}


def test_a_field_is_set_and_taken_back_and_the_file_counts_again(line: World) -> None:
    done = line.run("set", "line", "bob", "muted=false", "--reason", "a question")
    assert done.code == 0, done.err
    assert done.out.splitlines() == [
        "line: set bob muted=false, until it is unset (override 1).",
        "  bob: muted true → false",
        "The daemon applies this at once; without one: reconciler sync",
    ]
    assert line.run("sync").code == 0
    assert state(line, "muted")["bob"] is False
    (told,) = events(line, "override.set")
    assert told["label"] == "bob"
    assert "a question" in told["message"]

    back = line.run("unset", "line", "bob")
    assert back.out.splitlines()[:2] == [
        "line: removed override: set bob muted=false.",
        "  bob: muted false → true",
    ]
    assert line.run("sync").code == 0
    assert state(line, "muted")["bob"] is True
    assert line.creates() == []


def test_a_state_that_the_roster_does_not_declare_becomes_as_it_was_before(
    world: World,
) -> None:
    world.converge(BOARD.replace("defaults: {muted: false, hold: false}\n", ""))
    world.tell("change", who="cara", hold="true")
    done = world.run("set", "line", "ann", "cara", "hold=true", "--for", "5m")
    assert done.code == 0, done.err
    assert done.out.splitlines()[-1] == (
        "The roster does not declare hold of ann, cara: when the override ends it "
        "becomes as it was before."
    )
    assert world.run("sync").code == 0
    held = {label for label, hold in state(world, "hold").items() if hold}
    assert held == {"ann", "cara"}
    back = world.run("unset", "line", "ann", "hold")
    assert back.out.splitlines()[-1] == (
        "The roster does not declare hold of ann: it becomes as it was before the "
        "override."
    )
    assert world.run("unset", "line", "--all").code == 0
    assert world.run("sync").code == 0
    held = {label for label, hold in state(world, "hold").items() if hold}
    assert held == {"cara"}
    assert world.run("plan", "--exit-code").code == 0


def test_an_end_in_the_farthest_year_is_shown(line: World) -> None:
    far = line.run(
        "set", "line", "bob", "muted=false", "--until", "9999-12-31T23:59-12:00"
    )
    assert far.code == 0, far.err
    assert line.run("status").code == 0
    assert line.run("plan").code == 0
    assert line.run("explain", "line", "bob").code == 0


def test_all_are_muted_and_held_who_left_the_roster_and_may_not_be_removed_too(
    line: World,
) -> None:
    fewer = [x for x in BOARD.splitlines() if not x.startswith(("  cara", "  dan"))]
    line.write("\n".join(fewer) + "\nlimits: {removals: 1}\n")
    assert line.run("sync").code == 4
    assert line.run("mute-all", "line").code == 0
    assert line.run("sync").code == 4
    assert set(state(line, "muted").values()) == {True}
    assert line.run("unset", "line", "--all").code == 0
    assert line.run("only", "line", "ann").code == 0
    assert line.run("sync").code == 4
    assert {x for x, held in state(line, "hold").items() if not held} == {"ann"}
    assert len(line.people()) == 4
    line.write(BOARD)
    assert line.run("unset", "line", "--all").code == 0
    assert line.run("sync").code == 0
    assert {x for x, muted in state(line, "muted").items() if muted} == {"bob"}
    assert set(state(line, "hold").values()) == {False}


def test_two_fields_are_two_overrides_and_one_is_taken_back(line: World) -> None:
    made = line.run(
        "set", "line", "cara", "muted=true", "hold=true", "--output", "json"
    )
    assert made.code == 0, made.err
    assert [x["text"] for x in made.data["overrides"]] == [
        "set cara hold=true",
        "set cara muted=true",
    ]
    assert made.data["changed"] is True
    assert made.data["changes"][0] == {
        "label": "cara",
        "field": "hold",
        "from": False,
        "to": True,
    }
    assert line.run("unset", "line", "cara", "hold").code == 0
    line.run("sync")
    assert state(line, "muted")["cara"] is True
    assert state(line, "hold")["cara"] is False


def test_fields_of_several_people_are_set_by_one_command(line: World) -> None:
    made = line.run("set", "line", "bob", "cara", "bob", "muted=false", "hold=true")
    assert made.code == 0, made.err
    assert [x.partition(",")[0] for x in made.out.splitlines()[:4]] == [
        "line: set bob hold=true",
        "line: set bob muted=false",
        "line: set cara hold=true",
        "line: set cara muted=false",
    ]


def test_mute_all_and_only_are_carried_out_and_taken_back_by_their_verbs(
    line: World,
) -> None:
    assert line.run("mute-all", "line", "--except", "ann").code == 0
    assert line.run("only", "line", "ann", "bob").code == 0
    assert line.run("sync").code == 0
    assert state(line, "muted") == {
        "ann": False,
        "bob": True,
        "cara": True,
        "dan": True,
    }
    assert state(line, "hold") == {
        "ann": False,
        "bob": False,
        "cara": True,
        "dan": True,
    }
    assert line.run("unset", "line", "--verb", "only").code == 0
    assert line.run("sync").code == 0
    assert not any(state(line, "hold").values())
    assert line.run("unset", "line", "--all").code == 0
    assert line.run("sync").code == 0
    assert state(line, "muted")["dan"] is False


def test_a_mode_counts_until_it_is_taken_back(line: World) -> None:
    done = line.run("mode", "line", "sidebar", "--for", "10m")
    assert done.code == 0, done.err
    assert done.out.startswith("line: mode sidebar, until ")
    assert line.run("sync").code == 0
    assert state(line, "hold")["bob"] is True
    assert line.run("mode", "line", "normal").code == 0
    assert line.run("sync").code == 0
    assert state(line, "hold")["bob"] is False


def test_an_end_is_the_approval_of_its_removals_and_a_start_calls_everybody_again(
    line: World,
) -> None:
    done = line.run("end", "line", "--yes", "--reason", "over")
    assert done.code == 0, done.err
    assert "This ends the call in line for 4 people: ann, bob, cara, dan." in done.out
    assert line.run("sync").code == 0
    assert line.people() == {}
    assert line.run("sync").code == 0
    assert line.creates() == []

    assert line.run("start", "line").code == 0
    assert line.run("sync").code == 0
    assert sorted(line.people()) == ["ann", "bob", "cara", "dan"]
    assert sorted(line.creates()) == ["ann", "bob", "cara", "dan"]


def test_an_end_is_asked_for_and_a_no_changes_nothing(line: World) -> None:
    refused = line.run("end", "line")
    assert refused.code == 64
    assert "pass --yes to end without a prompt" in refused.err
    assert events(line, "override") == []
    assert line.run("sync").code == 0
    assert len(line.people()) == 4


def test_an_override_that_changes_nothing_says_so(line: World) -> None:
    done = line.run("set", "line", "bob", "muted=true")
    assert done.code == 0
    assert "No changes: the room is already declared like that." in done.out


def test_what_an_override_takes_the_place_of_is_named(line: World) -> None:
    line.run("mute-all", "line", "--for", "5m")
    done = line.run("mute-all", "line", "--except", "ann", "--for", "10m")
    assert "Replaces: mute-all." in done.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("set nowhere bob muted=true", "room 'nowhere' does not exist"),
        (
            "set line eve muted=true",
            "does not list 'eve' (it lists: ann, bob, cara, dan)",
        ),
        (
            "set line bob mute=true",
            "'mute' is not a state field: write one of coaching,",
        ),
        ("set line bob to=client:eve", "Other fields are changed in the roster file"),
        ("set line bob muted", "write muted=true"),
        ("set line bob cara", "give a field with its value, such as muted=true"),
        ("set line bob eve muted=true", "does not list 'eve'"),
        ("set line bob cara coaching=bob", "write coaching=false, or one of ann, cara"),
        ("set line bob muted=yes", "write muted=true, not 'muted=yes'"),
        ("set line bob muted=true muted=false", "muted is given twice"),
        ("set line bob coaching=eve", "write coaching=false, or one of ann, cara, dan"),
        ("set line bob coaching=bob", "write coaching=false, or one of ann, cara, dan"),
        ("mute-all line --except eve", "does not list 'eve'"),
        ("only line eve", "does not list 'eve'"),
        ("mode line evening", "write one of normal, sidebar"),
        ("unset line eve", "does not list 'eve'"),
        ("unset line bob to", "'to' is not a state field"),
        (
            "set line bob muted=true --for 0",
            "the time of an override must be more than 0",
        ),
        ("set line bob muted=true --for 99999999h", "10 years at most"),
        ("set line bob muted=true --until 2020-01-01T00:00Z", "is in the past"),
        (
            "set line bob muted=true --for 5m --until 18:00",
            "--for or --until, not both",
        ),
        ("unset line", "say what to remove"),
        ("unset line bob --all", "say what to remove"),
    ],
)
def test_a_mistake_is_refused_with_what_to_write_and_changes_nothing(
    line: World, words: str, message: str
) -> None:
    done = line.run(*words.split())
    assert done.code in {64, 78}
    assert message in " ".join(done.err.split())
    assert events(line, "override") == []


def test_an_override_that_would_close_a_circle_of_coaches_is_refused(
    line: World,
) -> None:
    assert line.run("set", "line", "ann", "coaching=bob").code == 0
    made = events(line, "override")
    done = line.run("set", "line", "bob", "coaching=ann", "muted=false")
    assert done.code == 78
    said = " ".join(done.err.split())
    assert "circular coaching: ann → bob → ann. Nothing was changed." in said
    assert "reconciler set line ann coaching=false" in said
    assert events(line, "override") == made
    assert line.run("set", "line", "ann", "coaching=false").code == 0
    assert line.run("set", "line", "bob", "coaching=ann").code == 0


@pytest.mark.parametrize(
    ("words", "example"),
    [
        ("set line bob muted=true --until 2020-01-01T00:00Z", "use a future time"),
        ("mute-all line --until 2020-01-01T00:00Z", "use a future time"),
        ("set line bob muted=true --for 0", "write --for 30m"),
        ("set line bob muted=true --for 99999999h", "leave out --for"),
        ("set line bob muted=yes", "write muted=true"),
    ],
)
def test_every_invalid_override_has_the_exit_code_of_what_is_invalid(
    line: World, words: str, example: str
) -> None:
    done = line.run(*words.split())
    assert done.code == 78
    assert example in " ".join(done.err.split())
    assert events(line, "override") == []


@pytest.mark.parametrize(
    ("decision", "how"),
    [("pause", "reconciler resume line"), ("release", "reconciler resume line")],
)
@pytest.mark.parametrize(
    "command", ["set line bob muted=false", "mute-all line", "end line --yes"]
)
def test_an_override_of_a_room_that_is_not_reconciled_is_refused(
    line: World, decision: str, how: str, command: str
) -> None:
    assert line.run(decision, "line").code == 0
    done = line.run(*command.split())
    assert done.code == 78
    assert how in done.err
    assert events(line, "override") == []


def test_to_expose_more_people_than_an_edit_may_takes_an_approver(line: World) -> None:
    line.write(BOARD + "limits: {exposures: 1}\n")
    assert line.run("sync").code == 0
    policy = line.folder / "policy.yaml"
    policy.write_text("version: 1\napprove: {exposures: [sue]}\n", "utf-8")
    named = {"RECONCILER_POLICY": str(policy)}
    assert line.run("mute-all", "line", **named).code == 0
    refused = line.run("unset", "line", "--all", **named)
    assert refused.code == 78
    assert "the policy allows only sue to approve exposures" in refused.err
    assert line.run("set", "line", "ann", "muted=false", **named).code == 0


HEARD_SECONDS, ENDED_SECONDS = 2.5, 1.5
"""After which an override is heard, and after its end is over, on a machine at rest."""

TRIES = (3, 6, 9, 12)
"""Seconds of overrides, until one is in time: other work delays some of them."""


@pytest.mark.process
def test_a_running_daemon_hears_an_override_at_once_and_ends_it_to_the_moment(
    line: World,
) -> None:
    delays = []
    with daemon(line, "--resync", "60s") as process:
        until(lambda: process.probe("readyz") == 200)
        for seconds in TRIES:
            heard, ended = delays_of_an_override(line, seconds)
            delays.append((heard, ended))
            if heard < HEARD_SECONDS and ended < ENDED_SECONDS:
                break
        else:
            pytest.fail(f"no override was heard and over in time: {delays}")
    ends = [x["cause"] for x in events(line, "override.ended")]
    assert ends == ["its end"] * len(delays)


def delays_of_an_override(line: World, seconds: int) -> tuple[float, float]:
    """Seconds until ann is muted for so many seconds, and from their end until not."""
    lasting = ("--for", f"{seconds}s", "--output", "json")
    made = line.run("set", "line", "ann", "muted=true", *lasting)
    told_at, end = time.time(), made.data["overrides"][-1]["until"]
    until(lambda: state(line, "muted")["ann"] or time.time() > end)
    heard = time.time() - told_at
    until(lambda: not state(line, "muted")["ann"])
    ended = time.time() - end
    assert ended >= 0.0
    return heard, ended


def test_plan_status_and_explain_say_what_counts_who_said_so_and_until_when(
    line: World,
) -> None:
    made = line.run(
        "mute-all", "line", "--except", "ann", "--for", "1h", "--reason", "noise"
    )
    assert made.code == 0, made.err
    assert line.run("mode", "line", "sidebar").code == 0
    for command in ("plan", "status"):
        shown = line.run(command)
        assert "  . mode sidebar\n" in shown.out
        assert "  . override 1: mute-all except ann until 20" in shown.out
        assert ": noise\n" in shown.out
        assert "  . as declared until 20" in shown.out
        (room,) = line.run(command, "--output", "json").data["rooms"]
        assert room["mode"] == "sidebar"
        assert [x["verb"] for x in room["overrides"]] == ["mute-all", "mode"]
        assert room["until"] == room["overrides"][0]["until"]
        (origin,) = [x for x in room["origins"] if x["label"] == "dan"]
        assert (origin["field"], origin["source"]) == ("muted", "override")
        assert origin["reason"] == "noise"
    planned = line.run("plan").out
    assert "dan: mute [silence]" in planned
    assert ": noise)" in planned
    why = line.run("explain", "line", "dan")
    assert "    muted: override by " in why.out
    assert line.run("sync").code == 0
    (told,) = [x for x in events(line, "change") if x["label"] == "dan"][:1]
    assert "noise" in told["message"]
    assert line.run("plan", "--exit-code").code == 0


def test_what_ended_without_a_daemon_is_not_shown_as_if_it_counted(
    line: World,
) -> None:
    line.run("set", "line", "ann", "muted=true", "--for", "0.2s")
    assert line.run("sync", "--no-wait").code in {0, 3}
    until(
        lambda: line.run("status", "--output", "json").data["rooms"][0]["until"] is None
    )
    (room,) = line.run("status", "--output", "json").data["rooms"]
    assert room["overrides"] == []
    ann = next(x for x in room["members"] if x["label"] == "ann")
    assert ann["desired"]["muted"] is False
    assert line.run("plan").out.count("ann: unmute") in {0, 1}
    assert line.run("sync").code == 0
    assert state(line, "muted")["ann"] is False


def test_a_redial_in_a_room_that_a_person_ended_names_the_command_that_opens_it(
    line: World,
) -> None:
    assert line.run("end", "line", "--yes").code == 0
    assert line.run("sync").code == 0
    asked = line.run("redial", "line", "ann")
    assert "the room is ended: override by" in asked.out + asked.err
    assert "reconciler start line" in asked.out + asked.err
    shown = line.run("status", "line").out
    assert "the room is declared ended (override by " in shown
    assert "the roster declares" not in shown


def test_an_end_ends_the_call_of_protected_people_too(world: World) -> None:
    world.converge(BOARD.replace('"+15551230001"}', '"+15551230001", protect: true}'))
    done = world.run("end", "line", "--yes")
    assert done.code == 0, done.err
    synced = world.run("sync")
    assert synced.code == 0
    assert "— ended the conference" in synced.out
    assert world.people() == {}

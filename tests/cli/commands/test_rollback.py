"""Generations of a room: listed, compared, restored, and the file again."""

import json
from typing import Any

import pytest

from tests.cli.conftest import World
from tests.cli.daemon_process import daemon
from tests.waiting import until

ONE = """\
version: 1
conference: line
from: "+15550100001"
defaults: {muted: false, hold: false}
participants:
  ann: {to: "+15551230001"}
  bob: {to: "client:bob", muted: true}
"""
TWO = ONE.replace("muted: true", "muted: false")
THREE = TWO.replace('  bob: {to: "client:bob", muted: false}\n', "")


UNPINNED = "line: generation 1 is no longer pinned. The file counts again"


@pytest.fixture
def line(world: World) -> World:
    """A room in its second generation."""
    world.converge(ONE, TWO)
    return world


def data(world: World, *words: str) -> Any:
    done = world.run(*words, "--output", "json")
    assert done.code == 0, done.err
    return json.loads(done.out)


def muted(world: World) -> dict[str, Any]:
    return {label: leg["muted"] for label, leg in world.people().items()}


def kinds(world: World) -> list[str]:
    lines = world.run("events", "line", "--output", "json").out.splitlines()
    return [json.loads(each)["kind"] for each in lines]


def test_a_rollback_is_carried_out_shown_everywhere_and_taken_back(
    line: World,
) -> None:
    done = line.run("rollback", "line", "--to", "1", "--reason", "too loud", "--yes")
    assert done.code == 0, done.err
    assert done.out.splitlines() == [
        "Rollback of line to generation 1:",
        "  ~ bob: muted false → true",
        "line: rolled back to generation 1, as generation 3.",
        "It is pinned until the file changes, or: reconciler unpin line",
        "The daemon applies this at once; without one: reconciler sync",
    ]
    plan = line.run("plan")
    assert "pinned to generation 1 by " in plan.out
    assert "too loud (until the file changes, or: reconciler unpin line)" in plan.out
    assert "bob" in plan.out
    done = line.run("sync")
    assert done.code == 0
    assert "pinned to generation 1 by " in done.out
    assert muted(line)["bob"] is True
    assert line.creates() == []
    for words in (("status",), ("explain", "line", "bob"), ("plan",)):
        assert "pinned to generation 1" in line.run(*words).out
    (room,) = data(line, "status")["rooms"]
    assert (room["pinned"]["generation"], room["pinned"]["reason"]) == (1, "too loud")

    back = line.run("unpin", "line", "--reason", "calm again")
    assert back.out.splitlines() == [
        "  ~ bob: muted true → false",
        f"{UNPINNED}, as generation 4.",
        "The daemon applies this at once; without one: reconciler sync",
    ]
    assert line.run("sync").code == 0
    assert muted(line)["bob"] is False
    assert "pinned" not in line.run("status").out
    assert {"roster.rolled-back", "roster.unpinned"} <= set(kinds(line))
    assert line.run("unpin", "line").out == (
        "Nothing is pinned in line: its file counts.\n"
    )


def test_a_changed_file_wins_and_plan_says_so_before(line: World) -> None:
    assert line.run("rollback", "line", "--to", "1", "--yes").code == 0
    line.write(THREE)
    plan = line.run("plan")
    assert "line: the file changed and counts; generation 1 is no longer pinned" in (
        plan.out
    )
    assert data(line, "plan")["unpinned"] == [{"conference": "line", "generation": 1}]
    assert line.run("sync").code == 0
    assert set(line.people()) == {"ann"}
    assert kinds(line).count("roster.unpinned") == 1


def test_who_is_brought_back_is_called_and_limits_hold(line: World) -> None:
    line.write(THREE)
    assert line.run("sync").code == 0
    assert set(line.people()) == {"ann"}
    assert line.run("rollback", "line", "--to", "1", "--yes").code == 0
    assert line.run("sync").code == 0
    assert set(line.people()) == {"ann", "bob"}
    limited = TWO + "limits: {removals: 0}\n"
    line.write(limited)
    assert line.run("sync").code == 0
    ended = line.run("rollback", "line", "--to", "3", "--yes")
    assert ended.code == 0, ended.err
    line.write(THREE + "limits: {removals: 0}\n")
    assert line.run("sync").code == 4
    assert set(line.people()) == {"ann", "bob"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("rollback", "line", "--to", "9"), "'line' has no generation 9 (newest: 2)"),
        (("rollback", "nowhere", "--to", "1"), "room 'nowhere' does not exist"),
        (("unpin", "nowhere"), "room 'nowhere' does not exist"),
        (("diff", "line@9"), "'line' has no generation 9 (newest: 2)"),
        (
            ("diff", "line"),
            "give a generation, such as 'line@1', two of them, or --live",
        ),
        (("diff", "nowhere@1"), "room 'nowhere' does not exist"),
        (("diff", "line@1", "line@2", "--live"), "--live takes one ROOM or ROOM@N"),
        (("history", "nowhere"), "room 'nowhere' does not exist"),
        (("rollback", "line", "--to", "1"), "pass --yes to roll back"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(
    line: World, words: tuple[str, ...], said: str
) -> None:
    done = line.run(*words)
    assert done.code not in {0, 1}
    assert said in done.err
    assert data(line, "history", "line")["generation"] == 2


@pytest.mark.parametrize(
    ("verb", "how"), [("pause", "paused"), ("release", "released")]
)
def test_a_room_that_is_not_managed_is_left_alone(
    line: World, verb: str, how: str
) -> None:
    assert line.run("rollback", "line", "--to", "1", "--yes").code == 0
    line.run(verb, "line")
    for words in (("rollback", "line", "--to", "2", "--yes"), ("unpin", "line")):
        done = line.run(*words)
        assert done.code != 0
        assert f"'line' is {how}" in done.err
        assert "reconciler resume line" in done.err
    assert "pinned to generation 1" in line.run("status").out


def test_a_rollback_to_the_present_says_that_there_is_nothing_to_do(
    line: World,
) -> None:
    done = line.run("rollback", "line", "--to", "2")
    assert (done.code, done.out) == (
        0,
        "Nothing to do: line is declared as in generation 2.\n",
    )


def test_a_rollback_to_a_generation_of_overrides_says_that_they_stay_as_they_are(
    line: World,
) -> None:
    assert line.run("mute-all", "line").code == 0
    unset = "reconciler unset line --all"
    same = line.run("rollback", "line", "--to", "3").out
    assert same == "Nothing to do: line is declared as in generation 3.\n"
    before = line.run("rollback", "line", "--to", "2").out
    assert "overrides and the schedule are not rolled back" in before
    assert unset in before
    assert line.run("unset", "line", "--all").code == 0
    ended = line.run("rollback", "line", "--to", "3").out
    assert "overrides and the schedule are not rolled back" in ended
    assert unset not in ended


def test_unpin_takes_the_option_of_the_other_decisions(line: World) -> None:
    assert line.run("rollback", "line", "--to", "1", "--yes").code == 0
    assert UNPINNED in line.run("unpin", "line", "--yes").out


def test_history_says_what_made_each_generation_and_what_changed(line: World) -> None:
    assert line.run("mute-all", "line", "--reason", "noise").code == 0
    assert line.run("rollback", "line", "--to", "1", "--yes").code == 0
    found = data(line, "history", "line")
    made = [
        (x["generation"], x["kind"], x["restored"], x["current"], x["pinned"])
        for x in found["revisions"]
    ]
    assert made == [
        (4, "rollback", 1, True, False),
        (3, "override", None, False, False),
        (2, "file", None, False, False),
        (1, "file", None, False, True),
    ]
    (change,) = found["revisions"][2]["changes"]
    assert change == {"label": "bob", "field": "muted", "from": True, "to": False}
    text = line.run("history", "line", "--limit", "1").out.splitlines()
    assert text[0] == "line: 4 generations on record"
    assert "pinned to generation 1" in text[1]
    assert text[2].startswith("*    4  ")
    assert "rollback to 1 by " in text[2]
    assert text[2].endswith(" (current)")


def test_two_generations_and_the_live_room_are_compared(line: World) -> None:
    assert line.run("diff", "line@1", "line@2").out.splitlines() == [
        "line: generation 1 → generation 2",
        "  ~ bob: muted true → false",
    ]
    assert line.run("diff", "line@2").out.splitlines() == [
        "line: generation 2 → what is declared now",
        "  No differences.",
    ]
    assert line.run("diff", "line", "--live").out.splitlines() == [
        "line: what is declared now → the live room",
        "  No differences.",
    ]
    found = data(line, "diff", "line@1", "--live")
    assert found["from"] == {"kind": "generation", "generation": 1}
    assert found["to"] == {"kind": "live", "generation": None}
    assert found["differences"] == [
        {"label": "bob", "field": "muted", "from": True, "to": False}
    ]
    line.tell("hang-up", who="ann")
    assert "  - ann" in line.run("diff", "line", "--live").out.splitlines()


def test_a_generation_that_the_policy_forbids_by_now_is_refused(line: World) -> None:
    line.write(THREE)
    assert line.run("sync").code == 0
    policy = line.folder / "policy.yaml"
    policy.write_text('version: 1\naddresses: ["+1"]\n', "utf-8")
    done = line.run(
        "rollback", "line", "--to", "1", "--yes", RECONCILER_POLICY=str(policy)
    )
    assert done.code == 78
    assert "bob: client:bob: the policy allows +1" in done.err
    assert data(line, "history", "line")["pinned"] is None


def test_the_schedule_shown_is_that_of_the_pinned_generation(line: World) -> None:
    assert "as loaded" in line.run("schedule", "line").out
    assert line.run("rollback", "line", "--to", "1", "--yes").code == 0
    assert "pinned to generation 1" in line.run("schedule", "line").out


@pytest.mark.process
def test_a_running_daemon_hears_a_rollback_and_reads_the_unchanged_file_past_it(
    line: World,
) -> None:
    with daemon(line, "--resync", "60s") as process:
        until(lambda: process.probe("readyz") == 200)
        assert line.run("rollback", "line", "--to", "1", "--yes").code == 0
        until(lambda: muted(line)["bob"] is True)
        line.write(f"# the same\n{TWO}")
        line.write("version: 1\nconference: other\nparticipants: {}\n", "other.yaml")
        until(lambda: "other" in line.run("status").out)
        assert "pinned to generation 1" in line.run("status").out
        assert line.run("unpin", "line").code == 0
        until(lambda: muted(line)["bob"] is False)
    assert kinds(line).count("roster.unpinned") == 1

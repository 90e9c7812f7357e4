"""Whatever is wrong has its own sentence and code, and nothing is sent."""

import json
import os
import runpy
import socket
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click import UsageError, unstyle
from click.testing import CliRunner, Result

from reconciler.cli.commands.dump import as_yaml
from reconciler.cli.main import exit_code
from reconciler.cli.root_command import cli
from reconciler.cli.roster_export import RosterExport
from reconciler.cli.text import withheld_lines
from reconciler.model.action import Remove
from reconciler.model.errors import RosterError, SettingError
from reconciler.planning.plan import Plan, Withheld
from tests.cli.conftest import LINE, World


def _invoke(world: World, *words: str, **environ: str) -> Result:
    """The command within this process; ``return_value`` is its exit code."""
    env = world.env(
        RECONCILER_DATABASE_URL=f"sqlite:///{world.folder}/reconciler.db",
        RECONCILER_DESIRED=str(world.folder / "desired"),
        **environ,
    )
    return CliRunner().invoke(cli, words, env=env, standalone_mode=False)


def _no_folder(world: World) -> None:
    """Nothing is written."""


def _empty_folder(world: World) -> None:
    (world.folder / "desired").mkdir()


def _empty_file(world: World) -> None:
    world.write("")


def _replaced(old: str, new: str) -> Callable[[World], None]:
    def arrange(world: World) -> None:
        world.write(LINE.replace(old, new))

    return arrange


def _twice(world: World) -> None:
    world.write(LINE)
    world.write(LINE, "again.yaml")


@pytest.mark.parametrize(
    ("arrange", "words"),
    [
        pytest.param(_no_folder, "desired", id="no folder"),
        pytest.param(_empty_folder, "desired", id="empty folder"),
        pytest.param(_empty_file, "no roster", id="empty file"),
        pytest.param(_replaced("participants:", "participants: [\n"), ":", id="cut"),
        pytest.param(_replaced("coaching: ann", "coaching: zoe"), "zoe", id="unknown"),
        pytest.param(
            _replaced("coaching: ann", "coaching: sup"), "themselves", id="self"
        ),
        pytest.param(_twice, "again.yaml", id="two rooms of one name"),
        pytest.param(_replaced("  dan:", "  a/b:"), "/", id="label with a slash"),
        pytest.param(_replaced('"+15551230004"', "+15551230004"), "quote", id="number"),
        pytest.param(_replaced('"+15551230004"', '"call dan"'), "dan", id="no phone"),
        pytest.param(_replaced("muted: true", "muted: yes"), "true", id="yes"),
        pytest.param(_replaced("muted: true", "mutde: true"), "muted", id="typo"),
        pytest.param(
            _replaced('"client:bob"', '"${ROSTER_BOB}"'), "ROSTER_BOB", id="undefined"
        ),
    ],
)
def test_a_bad_file_is_named_and_changes_nothing(
    world: World, arrange: Callable[[World], None], words: str
) -> None:
    world.tables = None
    arrange(world)

    done = world.run("sync")

    assert done.code == 78, done.err
    assert "error:" in done.err
    assert words in done.err
    assert "Traceback" not in done.err
    assert not list(world.folder.glob("*.db"))
    assert world.writes() == []


def test_a_bad_file_beside_a_good_one_holds_back_its_own_rooms(world: World) -> None:
    world.write(LINE)
    world.write("version: 1\nconference: x\n", "worse.yaml")

    done = world.run("sync", "--output", "json")

    assert done.code == 78
    (refused,) = done.data["refused"]
    assert (refused["file"], refused["rooms"]) == ("desired/worse.yaml", ["x"])
    assert refused["problems"][0]["message"] == "a roster needs participants"
    assert "desired/worse.yaml:1:1: error:" in done.err
    assert world.people().keys() == {"ann", "bob", "cara", "dan", "sup"}


def _without(name: str) -> dict[str, str]:
    return {name: ""}


@pytest.mark.parametrize(
    ("environ", "code", "words"),
    [
        pytest.param(_without("TWILIO_ACCOUNT_SID"), 78, "TWILIO_ACCOUNT_SID", id="sid"),
        pytest.param(_without("TWILIO_AUTH_TOKEN"), 78, "TWILIO_AUTH_TOKEN", id="token"),
        pytest.param({"TWILIO_AUTH_TOKEN": "wrong"}, 77, "refused", id="wrong"),
        pytest.param({"TWILIO_ACCOUNT_SID": "AC" + "0" * 32}, 77, "", id="other"),
        pytest.param({"RECONCILER_TWILIO_URL": "ftp://x"}, 78, "http", id="url"),
        pytest.param({"RECONCILER_DATABASE_URL": "mysql://x/y"}, 78, "", id="database"),
        pytest.param({"RECONCILER_CALLS_PER_SECOND": "fast"}, 78, "fast", id="rate"),
        pytest.param({"RECONCILER_LEASE": "soon"}, 78, "RECONCILER_LEASE", id="lease"),
        pytest.param({"RECONCILER_LEASE": "0.1s"}, 78, "RECONCILER_LEASE", id="short"),
        pytest.param({"TWILIO_AUTH_TOKEN_FILE": "/none", "TWILIO_AUTH_TOKEN": ""}, 78, "/none", id="file"),
        pytest.param({"TWILIO_REGION": "xx9", "RECONCILER_TWILIO_URL": ""}, 78, "xx9", id="region"),
    ],
)  # fmt: skip
def test_a_bad_setting_is_named(
    world: World, environ: dict[str, str], code: int, words: str
) -> None:
    world.write(LINE)

    done = world.run("sync", **environ)

    assert done.code == code, done.err
    assert words in done.err
    assert "Traceback" not in done.err
    assert world.rings() == []


def test_twilio_that_cannot_be_reached_is_said(world: World) -> None:
    world.write(LINE)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    done = world.run("sync", RECONCILER_TWILIO_URL=f"http://127.0.0.1:{port}")

    assert done.code == 69
    assert "Traceback" not in done.err


@pytest.mark.parametrize("kind", ["garbage", "truncated", "partial_page"])
def test_an_answer_that_is_not_twilios_is_never_an_empty_room(
    world: World, kind: str
) -> None:
    world.converge()
    fault = {"kind": kind, "method": "GET", "path": "*Participants*", "times": 1000}
    world.tell("faults", **fault)

    plan = world.run("plan")
    done = world.run("sync", "--timeout", "3s")

    assert plan.code == 69
    assert done.code == 69, done.out
    assert world.writes() == []
    assert "Traceback" not in done.err


@pytest.mark.long
@pytest.mark.process
def test_a_locked_database_is_said(world: World) -> None:
    world.converge()
    world.tell("change", who="bob", muted=False)
    world.forget()
    database = sqlite3.connect(world.folder / "reconciler.db", isolation_level=None)
    database.execute("BEGIN EXCLUSIVE")

    done = world.process("sync")

    database.close()
    assert done.code == 69
    assert "locked" in done.err
    assert "Traceback" not in done.err
    assert world.writes() == []


def test_a_database_of_a_newer_version_is_said(world: World) -> None:
    world.converge()
    with sqlite3.connect(world.folder / "reconciler.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()

    for verb in ("sync", "plan", "status"):
        done = world.run(verb)
        assert done.code == 78, done.err
        assert "newer" in done.err
        assert "Traceback" not in done.err


def test_a_file_that_is_no_database_is_said(world: World) -> None:
    world.write(LINE)
    (world.folder / "reconciler.db").write_text("not a database at all" * 100)

    done = world.run("sync")

    assert done.code == 69
    assert "Traceback" not in done.err
    assert world.rings() == []


def test_a_mistyped_command_or_option_is_usage_not_drift(world: World) -> None:
    assert world.run("plam").code == 64
    assert "plan" in world.run("plam").err
    assert world.run("plan", "--exit-cod").code == 64
    assert world.run("sync", "--timeout", "soon").code == 64
    assert world.run("sync", "--force", " ").code == 64


def test_somebody_who_cannot_be_reached_is_redialed_and_then_left_to_a_person(
    world: World,
) -> None:
    quick = "redial: {attempts: 2, backoff: 1s}\n"
    world.write(LINE + quick)
    world.tell("people", address="+15551230004", busy=True)

    done = world.run("sync")

    assert done.code == 4, done.err
    assert world.creates().count("dan") == 2
    assert "reconciler redial" in done.out
    world.tell("people", address="+15551230004", answers_after="0s")
    assert world.run("redial", "line", "dan").code == 0
    assert world.run("sync").code == 0
    assert "dan" in world.people()
    assert world.run("redial", "line", "zoe").code == 78


@pytest.mark.long
def test_a_lost_ring_that_cannot_be_found_is_held_until_a_person_says(
    world: World,
) -> None:
    world.write(LINE)
    fault = {
        "kind": "reset",
        "method": "POST",
        "path": "*Participants.json",
        "times": 1,
    }
    world.tell("faults", **fault)
    done = world.run("sync", "--timeout", "2m")
    assert done.code == 4, done.err
    assert "reconciler resolve line ann" in done.out
    assert world.run("resolve", "line", "bob", "--rung").code == 78

    several = world.run("resolve", "line", "ann", "bob", "--not-rung")
    assert several.code == 78
    assert "'bob'" in several.err
    assert "'ann'" not in several.err
    assert "ann in line" in several.out
    assert world.run("resolve", "line", "ann", "--not-rung").code == 78

    assert world.run("sync").code == 0
    assert world.rings().count("ann") == 1
    assert len(world.people()) == 5


def test_a_database_that_is_a_folder_is_said(world: World) -> None:
    world.write(LINE)
    (world.folder / "reconciler.db").mkdir()

    done = world.run("sync")

    assert done.code == 69, done.err
    assert "reconciler.db" in done.err
    assert "Traceback" not in done.err
    assert world.rings() == []


def test_a_missing_folder_for_the_database_is_said(world: World) -> None:
    world.write(LINE)
    url = f"sqlite:///{Path('nowhere') / 'x.db'}"

    done = world.run("sync", "--database-url", url)

    assert done.code == 69
    assert "nowhere" in done.err
    assert world.rings() == []


@pytest.mark.parametrize(
    ("words", "kind", "said"),
    [
        pytest.param(["--listen", "8080"], SettingError, "--listen", id="listen"),
        pytest.param(["--listen", "h:99999"], SettingError, "--listen", id="port"),
        pytest.param(["--resync", "0"], UsageError, "more than 0", id="resync"),
        pytest.param(["nowhere"], RosterError, "no such", id="folder"),
    ],
)
def test_a_daemon_that_cannot_be_meant_does_not_start(
    world: World, words: list[str], kind: type[Exception], said: str
) -> None:
    world.write(LINE)

    done = _invoke(world, "daemon", *words, RECONCILER_ADMIN_LISTEN="127.0.0.1:0")

    assert isinstance(done.exception, kind)
    assert said in str(done.exception)
    assert not list(world.folder.glob("*.db"))


def test_an_output_that_takes_nothing_is_said_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr("sys.argv", ["reconciler", "schema"])
        monkeypatch.setattr("sys.stdout", full)

        assert exit_code() == 1

    said = capsys.readouterr().err
    assert said == "error: cannot write the output: No space left on device\n"


def test_a_reader_that_goes_away_ends_it_quietly(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    monkeypatch.setattr("sys.stderr", sys.stderr)
    with os.fdopen(writing, "w") as pipe:
        monkeypatch.setattr("sys.argv", ["reconciler", "schema"])
        monkeypatch.setattr("sys.stdout", pipe)

        assert exit_code() == 141

    assert capsys.readouterr().err == ""


def test_a_closed_output_is_no_terminal_and_no_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.argv", ["reconciler", "schema"])
    monkeypatch.setattr("sys.stdout", None)

    assert exit_code() == 0


def test_an_interrupt_while_something_is_imported_leaves_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Interrupting:
        def find_spec(self, name: str, *_: object) -> None:
            if name.startswith("reconciler.cli"):
                raise KeyboardInterrupt

    for name in [each for each in sys.modules if each.startswith("reconciler.cli")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr("sys.meta_path", [Interrupting(), *sys.meta_path])

    with pytest.raises(SystemExit) as from_module:
        runpy.run_module("reconciler", run_name="__main__")
    monkeypatch.setattr("sys.argv", ["reconciler", "plam"])

    assert (from_module.value.code, exit_code()) == (130, 130)
    assert capsys.readouterr().err.split() == ["Interrupted."] * 2


def test_a_missing_flag_is_asked_for_both_ways(world: World) -> None:
    error = _invoke(world, "resolve", "line", "ann").exception

    assert isinstance(error, UsageError)
    assert "'--rung' / '--not-rung'" in error.format_message()


def test_a_text_is_dumped_in_its_own_script_and_read_back() -> None:
    roster = RosterExport("Zoë 日本 \u2028", "CF1", '"+15550100000"', (), ())

    text = as_yaml(roster)

    assert "Zoë 日本" in text
    assert yaml.safe_load(text)["conference"] == roster.room


def test_what_is_withheld_of_many_alike_is_said_once_with_all_names() -> None:
    gone = [
        Remove(each, f"CA{each}", "CF1", connected=True, reason="") for each in "abc"
    ]
    held = (*(Withheld(each, "limits.removals", "3 exceed 2") for each in gone[:2]),)
    other = Withheld(gone[2], "emptied-roster", "nobody is left")

    first, second = map(unstyle, withheld_lines(Plan("r", 1, withheld=(*held, other))))

    assert first == "  ! a, b: remove withheld by limits.removals: 3 exceed 2"
    assert second == "  ! c: remove withheld by emptied-roster: nobody is left"


def test_a_line_of_what_is_withheld_names_a_dozen_and_counts_the_others() -> None:
    gone = [
        Remove(f"p{at}", f"CA{at}", "CF1", connected=True, reason="")
        for at in range(123)
    ]
    held = tuple(Withheld(each, "limits.removals", "123 exceed 2") for each in gone)

    (line,) = map(unstyle, withheld_lines(Plan("r", 1, withheld=held)))

    assert "p0, p1, " in line
    assert "p11 and 111 more: remove withheld" in line
    assert "p12" not in line


def test_a_paused_room_waits_for_a_person_who_is_told_how_to_go_on(
    world: World,
) -> None:
    world.write(LINE)
    assert _invoke(world, "sync", "--no-wait").exception is None
    assert _invoke(world, "pause", "line").exception is None

    done = _invoke(world, "sync")

    assert done.return_value == 4
    assert "paused — skipped. To continue: reconciler resume line" in done.stdout


def test_the_status_of_a_stalled_room_says_what_is_withheld_and_why(
    world: World,
) -> None:
    world.write(LINE)
    assert _invoke(world, "sync").return_value == 0
    world.write(LINE.split("participants:")[0] + "participants: {}\n")
    assert _invoke(world, "sync").return_value == 4

    (room,) = json.loads(_invoke(world, "status", "--output", "json").stdout)["rooms"]
    (planned,) = json.loads(_invoke(world, "plan", "--output", "json").stdout)["rooms"]

    assert room["state"] == "stalled"
    assert room["withheld"] == planned["withheld"] != []
    assert room["reason"] == room["withheld"][0]["reason"]

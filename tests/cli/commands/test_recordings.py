"""``reconciler record`` and ``reconciler replay``: a run kept and decided again."""

import signal
from pathlib import Path

import pytest

from tests.cli.conftest import LINE, World
from tests.cli.daemon_process import converged
from tests.ports import free_port
from tests.waiting import until


@pytest.fixture
def recorded(world: World) -> World:
    """A world whose first sync is in ``run.jsonl``."""
    world.write(LINE)
    world.begin()
    done = world.run("record", "run.jsonl", "sync")
    assert done.code == 0, done.err
    assert "observations recorded in run.jsonl" in done.err
    assert world.people()["bob"]["muted"]
    return world


def test_a_recorded_sync_is_replayed_with_the_same_decisions(recorded: World) -> None:
    text = (recorded.folder / "run.jsonl").read_text("utf-8")
    for name in ("+1555", '"ann"', "client:bob", "cara@example.com", '"line"'):
        assert (name in text) == (name == "+1555"), name
    assert "+15551230001" not in text
    replayed = recorded.run("replay", "run.jsonl")
    assert replayed.code == 0, replayed.err
    assert "decided the same, 0 otherwise" in replayed.out
    data = recorded.run("replay", "run.jsonl", "--output", "json").data
    assert data["looks"] > 1
    assert (data["differences"], data["unfaithful"]) == ([], 0)


def test_a_recording_that_is_cut_off_or_edited_is_refused(recorded: World) -> None:
    path = recorded.folder / "run.jsonl"
    lines = path.read_text("utf-8").splitlines(keepends=True)

    path.write_text("".join(lines[:-1]), "utf-8")
    cut = recorded.run("replay", "run.jsonl")
    assert cut.code == 78
    assert "is cut off after" in cut.err
    assert "--incomplete" in cut.err
    assert recorded.run("replay", "--incomplete", "run.jsonl").code == 0

    path.write_text("".join(lines)[:-9], "utf-8")
    half = recorded.run("replay", "--incomplete", "run.jsonl")
    assert half.code == 78
    assert "the line is cut off" in half.err

    path.write_text("".join([*lines[:1], *lines[2:]]), "utf-8")
    assert recorded.run("replay", "run.jsonl").code == 78


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("record", "run.jsonl", "status"), 64, "only sync, daemon, apply"),
        (("record", "run.jsonl"), 64, "COMMAND"),
        (("record", "no/run.jsonl", "sync"), 78, "cannot be written"),
        (("replay", "missing.jsonl"), 78, "missing.jsonl cannot be read: No such file"),
    ],
)
def test_words_that_do_not_fit_are_refused(
    world: World, words: tuple[str, ...], code: int, message: str
) -> None:
    refused = world.run(*words)
    assert refused.code == code
    assert message in refused.err


def test_a_recording_replaces_no_file_and_nothing_is_run(world: World) -> None:
    world.write(LINE)
    (world.folder / "run.jsonl").write_text("mine", "utf-8")
    refused = world.run("record", "run.jsonl", "sync")
    assert refused.code == 78
    assert "run.jsonl exists" in refused.err
    assert world.rooms() == {}


def test_the_exit_code_is_that_of_the_command_that_was_recorded(world: World) -> None:
    world.write("version: 2\n")
    assert world.run("record", "run.jsonl", "sync").code == 78
    assert world.run("replay", "run.jsonl").code == 0


def looks(path: Path) -> int:
    """How many looks are in a recording that is perhaps still written."""
    return path.read_text("utf-8").count('{"look":') if path.exists() else 0


@pytest.mark.process
def test_a_recorded_daemon_is_replayed_with_the_same_decisions(world: World) -> None:
    world.write(LINE)
    world.begin()
    path = world.folder / "run.jsonl"
    admin = f"127.0.0.1:{free_port()}"
    command = ("daemon", "--resync", "1s", "--admin-listen", admin)
    process = world.start("record", "run.jsonl", *command)
    until(converged(world))
    settled = looks(path)
    assert settled > 0
    world.tell("change", who="bob", muted=False)
    until(lambda: looks(path) > settled and converged(world)())

    assert world.run("replay", "run.jsonl").code == 78

    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(180)
    assert process.wait() == 0, err
    assert f"{looks(path)} observations recorded in run.jsonl" in err
    replayed = world.run("replay", "run.jsonl", "--output", "json")
    assert replayed.code == 0, replayed.err
    assert replayed.data["looks"] == looks(path)
    assert (replayed.data["differences"], replayed.data["unfaithful"]) == ([], 0)


@pytest.mark.process
def test_a_killed_daemon_leaves_a_recording_of_all_that_it_did(world: World) -> None:
    world.write(LINE)
    world.begin()
    admin = f"127.0.0.1:{free_port()}"
    process = world.start("record", "run.jsonl", "daemon", "--admin-listen", admin)
    until(converged(world))
    process.send_signal(signal.SIGKILL)
    process.wait()
    path = world.folder / "run.jsonl"
    whole_lines, _, _ = path.read_text("utf-8").rpartition("\n")
    path.write_text(f"{whole_lines}\n", "utf-8")

    refused = world.run("replay", "run.jsonl")
    replayed = world.run("replay", "run.jsonl", "--incomplete")

    assert refused.code == 78
    assert "--incomplete" in refused.err
    assert replayed.code == 0, replayed.err
    assert "decided the same, 0 otherwise" in replayed.out


def test_a_recorded_apply_is_replayed_with_the_same_decisions(world: World) -> None:
    world.write(LINE)
    assert world.run("plan", "--out", "plan.json").code == 0

    done = world.run("record", "run.jsonl", "apply", "plan.json")

    assert done.code == 0, done.err
    assert len(world.rings()) == 5
    assert looks(world.folder / "run.jsonl") > 0
    replayed = world.run("replay", "run.jsonl")
    assert replayed.code == 0, replayed.err
    assert "decided the same, 0 otherwise" in replayed.out


def test_a_refused_apply_is_recorded_with_its_exit_code(world: World) -> None:
    world.write(LINE)
    assert world.run("plan", "--out", "plan.json").code == 0
    assert world.run("apply", "plan.json").code == 0

    again = world.run("record", "run.jsonl", "apply", "plan.json")

    assert again.code == 4
    assert len(world.rings()) == 5
    assert world.run("replay", "run.jsonl").code == 0

"""``reconciler record`` and ``reconciler replay``: a run kept and decided again."""

import pytest

from tests.cli.conftest import LINE, World


@pytest.fixture
def recorded(world: World) -> World:
    """A world whose first sync is in ``run.jsonl``."""
    world.write(LINE)
    world.begin()
    done = world.run("record", "run.jsonl", "sync")
    assert done.code == 0, done.err
    assert "looks recorded in run.jsonl" in done.err
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
        (("record", "run.jsonl", "status"), 64, "Only sync, daemon, apply"),
        (("record", "run.jsonl"), 64, "COMMAND"),
        (("record", "no/run.jsonl", "sync"), 78, "cannot be written"),
        (("replay", "missing.jsonl"), 78, "cannot be read"),
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

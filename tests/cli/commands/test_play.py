"""``reconciler play``: seeds, stories, files of events."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import World


def test_many_seeds_are_counted_and_end_well(world: World) -> None:
    played = world.run("play", "--seeds", "3", "--jobs", "1")
    assert played.code == 0, played.err
    assert "3 seeds in " in played.out
    assert "0 seeds with broken promises" in played.out
    assert "Seeds that reached a rare state" in played.out
    data = world.run("play", "--seeds", "2", "--jobs", "1", "--output", "json").data
    assert (data["seeds"], data["failures"]) == (2, [])
    assert {each["floor"] for each in data["rare_states"]} == {None}


def test_a_seed_is_told_in_order_and_in_plain_words(world: World) -> None:
    told = world.run("play", "--seed", "4", "--explain")
    assert told.code == 0, told.err
    *lines, summary = told.out.splitlines()
    times = [float(each[:9]) for each in lines]
    assert times == sorted(times)
    words = "\n".join(lines)
    for phrase in ("the folder says line has bob (muted)", "asks Twilio to call bob"):
        assert phrase in words
    assert "process s0 starts" in words
    assert "dies (the end of the chaos)" in words
    assert summary.startswith("seed 4: ")
    assert world.run("play", "--seed", "4", "--explain").out == told.out


def test_the_log_of_a_seed_has_the_fields_that_were_sent(world: World) -> None:
    logged = world.run("play", "--seed", "4", "--trace")
    assert "Label=bob" in logged.out


def test_events_that_were_saved_are_played_again(world: World) -> None:
    saved = world.run("play", "--seed", "4", "--explain", "--save", "events.json")
    again = world.run("play", "events.json", "--explain")
    assert again.code == saved.code == 0
    assert again.out == saved.out


def test_events_that_cannot_be_saved_are_said_to_be(world: World) -> None:
    refused = world.run("play", "--seed", "4", "--save", "missing/events.json")
    assert refused.code == 78
    assert "missing/events.json cannot be written: No such file" in refused.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("play", "--explain"), "need --seed or FILE"),
        (("play", "--seed", "1", "events.json"), "not both"),
        (("play", "--seeds", "0"), "--seeds"),
    ],
)
def test_words_that_do_not_fit_are_refused(
    world: World, words: tuple[str, ...], message: str
) -> None:
    refused = world.run(*words)
    assert refused.code == 64
    assert message in refused.err


def test_a_seed_that_breaks_nothing_is_not_shrunk(world: World) -> None:
    refused = world.run("play", "--seed", "0", "--shrink")
    assert refused.code == 78
    assert "seed 0 breaks no promise; there is nothing to shrink" in refused.err


def test_files_that_are_no_events_are_refused(world: World) -> None:
    saved = world.run("play", "--seed", "0", "--save", "events.json")
    assert saved.code == 0, saved.err
    path = Path(world.folder / "events.json")
    text = path.read_text("utf-8")
    for wrong in (text[:200], text.replace('"reconciler-play"', '"other"'), ""):
        path.write_text(wrong, "utf-8")
        refused = world.run("play", "events.json")
        assert refused.code == 78
        assert refused.err.startswith("error: events.json ")
    missing = world.run("play", "missing.json")
    assert missing.code == 78
    assert "missing.json cannot be read: No such file or directory" in missing.err
    assert "Errno" not in missing.err
    assert json.loads(text)["format_version"] == "1"

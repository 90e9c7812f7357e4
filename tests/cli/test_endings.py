"""With ``--output json`` a command prints JSON in every ending."""

import json
import sys
from typing import Any

import pytest

from reconciler.cli.exit import fail
from tests.cli.conftest import LINE, Ended, World
from tests.cli.json_contract import documents

JSON = ("--output", "json")
SMALLER = LINE.partition("  bob:")[0] + "limits: {removals: 0}\n"
PARTIES = ("--from", "+15550100001", "--answering", "client:a", "--ringing", "client:b")
QUESTIONS = [
    ("approve", "line"),
    ("rollback", "line", "--to", "1"),
    ("end", "line"),
    ("forget", "other"),
    ("db", "rebind"),
    ("db", "restore", "copy.db"),
    ("probe", *PARTIES, "--only", "callers"),
]
OTHER = LINE.replace("conference: line", "conference: other")


def _prepared(world: World) -> None:
    """A room in which something is withheld, one that is released, and a copy."""
    world.write(LINE)
    world.write(OTHER.replace("+1555", "+1666"), "other.yaml")
    assert world.run("sync").code == 0
    assert world.run("db", "backup", "copy.db").code == 0
    (world.folder / "desired/other.yaml").unlink()
    world.write(SMALLER)
    world.run("sync")


def _document(done: Ended) -> Any:
    (document,) = documents(done.out)
    return document


def test_who_declines_gets_json_that_says_so_and_nothing_is_changed(
    world: World,
) -> None:
    _prepared(world)
    before, writes = world.run("status", *JSON).out, world.writes()

    declined = {
        words: _document(world.answer("no\n", *words, *JSON)) for words in QUESTIONS
    }

    assert [words for words, each in declined.items() if not _declined(each)] == []
    assert world.writes() == writes
    assert _rooms(world.run("status", *JSON).out) == _rooms(before)


def test_who_is_asked_and_leaves_gets_json(world: World) -> None:
    _prepared(world)

    ended = [world.answer("", *words, *JSON) for words in QUESTIONS]

    assert [each.code for each in ended] == [130] * len(QUESTIONS)
    kinds = {_document(each)["error"]["kind"] for each in ended}
    assert kinds == {"Interrupted"}


def test_a_question_that_nobody_can_answer_is_refused_in_json(world: World) -> None:
    _prepared(world)

    ended = [world.run(*words, *JSON) for words in QUESTIONS]

    assert [each.code for each in ended] == [64] * len(QUESTIONS)
    assert all("--yes" in _document(each)["error"]["message"] for each in ended)


@pytest.mark.parametrize(
    "words",
    [
        ("plan", "--nope"),
        ("nope",),
        ("status", "--output=json", "--nope"),
        ("explain", "line"),
        ("db", "restore", "nowhere.db", "--yes"),
        ("pause", "line", "--for", "soon"),
    ],
    ids=" ".join,
)
def test_a_command_line_that_cannot_be_run_is_refused_in_json(
    world: World, words: tuple[str, ...]
) -> None:
    done = world.run(*words, *(() if "--output=json" in words else JSON))

    error = _document(done)["error"]
    assert done.code == error["exit_code"] == 64
    assert error["message"] in " ".join(done.err.split())


def test_a_bug_is_reported_in_json_too_without_numbers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["reconciler", "plan", "--output", "json"])

    code = fail(RuntimeError("unexpected +15551230001"))

    error = json.loads(capsys.readouterr().out)["error"]
    assert code == error["exit_code"] == 70
    assert error["message"] == "a bug in reconciler: unexpected +1555•••0001"


def test_a_person_who_reads_text_gets_no_json(world: World) -> None:
    _prepared(world)

    assert "{" not in world.answer("no\n", "db", "rebind").out
    assert world.run("plan", "--nope").out == ""


def _declined(document: Any) -> bool:
    """Whether nothing was done, by the keys that say so."""
    if "error" in document:
        return bool(document["error"]["kind"] == "Declined")
    done = ("approved", "changed", "ended", "forgotten")
    values = [document[each] for each in done if each in document]
    return values in ([False], [False, False])


def _rooms(text: str) -> list[tuple[str, str]]:
    return [(x["conference"], x["state"]) for x in json.loads(text)["rooms"]]

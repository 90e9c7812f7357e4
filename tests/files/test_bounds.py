"""Files that are wrong in many places, or are no files at all, take no time."""

import io
import os
import sys
from pathlib import Path

import pytest

from reconciler.cli.roster_location import place_of_entry
from reconciler.files import examine
from reconciler.files.roster_file import RosterFile, read_roster_file
from reconciler.files.yaml_text import MOST_GUESSES, MOST_PROBLEMS

HEAD = 'version: 1\nconference: x\nfrom: "+15550100000"\nparticipants:\n'


def read(text: str) -> RosterFile:
    return read_roster_file("x.yaml", text.encode(), {})


def test_the_problems_of_a_file_are_capped_and_the_rest_is_counted() -> None:
    keys = ", ".join(f"wrong{number}: 1" for number in range(1000))

    *told, rest = read(f'{HEAD}  a: {{to: "client:a", {keys}}}\n').problems

    assert len(told) == MOST_PROBLEMS
    assert rest.message == f"{1000 - MOST_PROBLEMS} more errors in this file"
    assert (rest.line, rest.file) == (0, "x.yaml")


def test_a_hundred_problems_are_all_told() -> None:
    keys = ", ".join(f"wrong{number}: 1" for number in range(MOST_PROBLEMS))

    assert len(read(f'{HEAD}  a: {{to: "client:a", {keys}}}\n').problems) == 100


def test_the_word_that_was_meant_is_guessed_for_a_few_words_only() -> None:
    keys = ", ".join(f"mutde{number}: true" for number in range(50))

    problems = read(f'{HEAD}  a: {{to: "client:a", {keys}}}\n').problems

    assert sum("did you mean" in each.hint for each in problems) == MOST_GUESSES


def test_coaches_of_nobody_are_not_each_compared_with_everybody() -> None:
    people = "".join(
        f'  member-{n}: {{to: "client:m{n}", coaching: mistyped-{n}}}\n'
        for n in range(250)
    )

    problems = read(HEAD + people).problems

    assert sum("did you mean" in each.hint for each in problems) <= MOST_GUESSES


def test_members_beyond_what_a_conference_takes_are_not_read() -> None:
    people = "".join(f"  m{n}: {{to: 12}}\n" for n in range(251))

    (found,) = read(HEAD + people).problems

    assert found.message == "a conference takes at most 250 people, not 251"


def test_a_mode_of_a_room_with_too_many_people_is_no_second_error() -> None:
    people = "".join(f"  m{n}: {{to: 12}}\n" for n in range(251))
    mode = "modes: {quiet: {m0: {coaching: m1}, others: {muted: true}}}\n"

    (found,) = read(HEAD + people + mode).problems

    assert found.message == "a conference takes at most 250 people, not 251"


def test_standard_input_is_read_by_a_dash(monkeypatch: pytest.MonkeyPatch) -> None:
    text = HEAD + '  ann: {to: "+15550100001", mutde: true}\n'
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    loading, problems = examine([Path("-")], {})

    assert (loading.files, loading.folder) == (("-",), None)
    assert [(each.file, each.line) for each in problems] == [("-", 5)]


def test_a_place_is_not_looked_for_in_what_is_no_regular_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    source = f"{tmp_path}/pipe.yaml:1"

    assert place_of_entry(source, "ann") == source


def test_a_place_is_found_in_the_room_s_own_document(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(HEAD + '  ann: {to: "client:a"}\n---\n' + HEAD + "  ann: {}\n")

    assert place_of_entry(f"{path}:7", "ann") == f"{path}:11"

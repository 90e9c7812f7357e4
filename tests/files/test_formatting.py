"""Formatting changes spaces and nothing that anybody meant."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.files.formatting import format_text
from reconciler.model.errors import RosterError


@pytest.mark.parametrize(
    ("text", "formatted"),
    [
        ("a: 1", "a: 1\n"),
        ("a: 1  \nb: 2\t\n", "a: 1\nb: 2\n"),
        ("\n\na: 1\n\n\n\nb: 2\n\n\n", "a: 1\n\nb: 2\n"),
        ("a: 1\r\nb: 2\r\n", "a: 1\nb: 2\n"),
        ("# why  \na: 1 # because  \n", "# why\na: 1 # because\n"),
        ("b: 1\na: 2\n", "b: 1\na: 2\n"),
        ("", ""),
        ("# nothing\n", "# nothing\n"),
        ("x-a: &a {b: 1}  \n---\nc: *a", "x-a: &a {b: 1}\n---\nc: *a\n"),
    ],
)
def test_spaces_are_put_in_order_and_comments_stay(text: str, formatted: str) -> None:
    assert format_text(text) == formatted


@pytest.mark.parametrize(
    "text",
    ["a: |\n  x  \n\n\n  y\nb: 1\n", 'a: "x  \n\n\n  y"\n', "a: |+\n  x\n\n\n"],
)
def test_spaces_inside_a_text_stay(text: str) -> None:
    assert yaml.safe_load(format_text(text)) == yaml.safe_load(text)


def test_what_is_not_yaml_is_refused() -> None:
    with pytest.raises(RosterError) as caught:
        format_text("a: [", "line.yaml")

    assert caught.value.problems[0].file == "line.yaml"


PIECES = [
    "a: ",
    "b: ",
    "- ",
    "x",
    " ",
    "  ",
    "\n",
    "\n\n",
    "|",
    ">",
    '"',
    "'",
    "#",
    "+",
]


@settings(deadline=None)
@given(st.lists(st.sampled_from([*PIECES, "\r\n", "\t", "---\n", "&a ", "*a"])))
def test_the_meaning_never_changes_and_the_second_time_nothing_does(
    pieces: list[str],
) -> None:
    text = "".join(pieces)
    try:
        formatted = format_text(text)
    except RosterError:
        return
    assert read(formatted) == read(text)
    assert format_text(formatted) == formatted


def read(text: str) -> list[object]:
    """The documents of *text* as events, without those that are empty."""
    events = [
        (type(each).__name__, getattr(each, "value", None))
        for each in yaml.parse(text, Loader=yaml.CSafeLoader)
    ]
    return [each for each in events if each != ("ScalarEvent", "")]

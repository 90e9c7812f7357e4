"""Instants as options take them, in the machine's time zone where none is given."""

import time
from collections.abc import Iterator

import pytest

from reconciler.cli.time_option import has_offset, parse_time
from tests.planning.zones import utc

NOW = utc("2026-11-29T12:00")


@pytest.fixture
def _in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("_in_berlin")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("18:00", "2026-11-29T17:00"),
        ("13:00:01", "2026-11-29T12:00:01"),
        ("13:00", "2026-11-30T12:00"),
        ("09:30", "2026-11-30T08:30"),
        ("2026-12-01T18:00", "2026-12-01T17:00"),
        ("2026-07-01 18:00", "2026-07-01T16:00"),
        ("2026-12-01T18:00Z", "2026-12-01T18:00"),
        ("2026-12-01T18:00:30-05:00", "2026-12-01T23:00:30"),
        ("2027-03-28T02:30", "2027-03-28T01:30"),
    ],
)
def test_a_time_is_local_unless_it_says_otherwise_and_alone_the_next_one(
    text: str, expected: str
) -> None:
    assert parse_time(text, NOW) == utc(expected)


@pytest.mark.parametrize(
    "text", ["", "6pm", "24:00", "9:00", "2026-02-30T10:00", "2026-12-01", "tomorrow"]
)
def test_what_is_no_time_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"is not a time: write 18:00, 2026-11-30T18:00"
    ):
        parse_time(text, NOW)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("18:00", "2026-11-29T17:00"),
        ("12:30", "2026-11-30T11:30"),
        ("2026-07-01T18:00", "2026-07-01T16:00"),
        ("2026-12-01T18:00-05:00", "2026-12-01T23:00"),
    ],
)
def test_a_time_can_be_read_in_another_zone_than_this_machine_s(
    text: str, expected: str
) -> None:
    assert parse_time(text, NOW, "Europe/Berlin") == utc(expected)
    assert has_offset(text) is ("-05:00" in text)

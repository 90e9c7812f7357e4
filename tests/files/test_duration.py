"""Durations as people write them."""

import pytest

from reconciler.files import parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30),
        ("2m", 120),
        ("1h", 3600),
        ("1.5d", 129600),
        ("45", 45),
        ("1.5m", 90),
        ("0", 0),
    ],
)
def test_a_duration_is_read_in_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "soon", "-1s", "1w", "1 s", "1h30m", "inf", "nan", "1e3", "٣s", "1\n"]
)
def test_what_is_no_duration_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="write 30s, 2m, 1h, 1d or plain seconds"):
        parse_duration(text)

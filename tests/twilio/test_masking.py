"""Phone numbers as they may be shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.masking import mask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("+15551230001", "+1555•••0001"),
        ("to +15551230001, from +447700900123.", "to +1555•••0001, from +4477•••0123."),
        ("?To=%2B15551230001&x", "?To=%2B1555•••0001&x"),
        ("sip:+15551230001@example.com", "sip:+1555•••0001@example.com"),
        ("client:bob", "client:bob"),
        ("+12345678", "+1•••5678"),
        ("CA386025c9bf5d6052a1d1ea42b4d16662", "CA386025c9bf5d6052a1d1ea42b4d16662"),
        ("", ""),
    ],
)
def test_the_middle_of_a_number_is_hidden(text: str, masked: str) -> None:
    assert mask(text) == masked


@given(
    st.text("0123456789", min_size=7, max_size=15), st.sampled_from(["", " ", "x", "é"])
)
def test_no_number_of_any_length_is_shown_whole(digits: str, around: str) -> None:
    masked = mask(f"{around}+{digits}{around}")
    assert digits not in masked
    assert len(digits) - sum(c.isdigit() for c in masked) >= 3

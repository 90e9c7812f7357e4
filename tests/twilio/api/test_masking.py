"""Phone numbers as they may be shown."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.masking import mask, mask_written


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


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (
            "call me 555-765-4324 or +1 555 765 4325",
            "call me 555•••4324 or +1 555•••4325",
        ),
        ("(555) 765-4324", "(555•••4324"),
        ("+1 (555) 765.4324", "+1 (555•••4324"),
        ("+1-555-765-4324", "+1-555•••4324"),
        ("%2B1-555-765-4324", "%2B1-555•••4324"),
        ("555.765.4324!", "555•••4324!"),
        ("1 555 765 4324", "1 555•••4324"),
        ("765-4324", "7•••324"),
        ("tel:555-765-4324", "tel:555•••4324"),
        ("+1555123 4567", "+1555•••4567"),
        ("+15551230001 4 times", "+1555•••0001 4 times"),
        ("555\u2011765\u20114324", "555•••4324"),
        ("2026-11-30 555-765-4324 2026-11-30", "2026-11-30 555•••4324 2026-11-30"),
    ],
)
def test_the_middle_of_a_number_in_groups_is_hidden(text: str, masked: str) -> None:
    assert mask(text) == masked
    assert mask(masked) == masked


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-30 22:59:00Z",
        "2026-11-30T22:59:00.123+01:00",
        "2026-11-30 22:59:00+01:00",
        "30.11.2026 18:00",
        "Mon 2026-11-30 08:41:24 2026-12-01 09:00",
        "until 18:00:03 2026",
        "CA386025c9bf5d6052a1d1ea42b4d16662",
        "12345678-1234-1234-1234-123456789012",
        "http://192.168.100.200:8080/2010-04-01/Accounts",
        "1776158802.123456",
        "1234.5678 s",
        "50,000,000 bytes",
        "after 3600.0 s, 86400 s",
        "HTTP 429 20429",
        "13224 21211",
        "version 2026.11.30",
        "1 of 3, 200 of 1000",
        "generation 12, 34 rooms, 5000 calls",
        "127.0.0.1:5432",
    ],
)
def test_what_is_no_phone_number_stays(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("to: +15550100101, x", "to: +1555•••0101, x"),
        ("to: 15550100101,", "to: 1555•••0101,"),
        ("to: 15550100101x", "to: 1555•••0101x"),
        ("'+1 (555) 010-0101'", "'+1 (555) •••-0101'"),
        ("tel:+1.555.010.0101", "tel:+1.555.•••.0101"),
        ("1_555_010_0101", "1_555_•••_0101"),
        ("sip:+447700900123@pbx", "sip:+4477••••0123@pbx"),
        ("sip:15550100101@192.168.100.200", "sip:1555•••0101@192.168.100.200"),
        ("%2B15550100101", "%2B1555•••0101"),
        ("ann,+15550100101,", "ann,+1555•••0101,"),
        ("155501001015555", "1555•••••••5555"),
        ("22 33 44 55", "2• •• 44 55"),
        ("2026-11-30 10:00, 2026/11/30", "2026-11-30 10:00, 2026/11/30"),
        ("UNTIL=20261231T000000Z", "UNTIL=20261231T000000Z"),
        ("CA386025c9bf5d6052a1d1ea42b4d16662", "CA386025c9bf5d6052a1d1ea42b4d16662"),
        ("1000000 and 0.30000000000000004", "1000000 and 0.30000000000000004"),
        ("+1555•••0101", "+1555•••0101"),
    ],
)
def test_a_number_in_any_writing_is_hidden_and_columns_stay(
    text: str, masked: str
) -> None:
    assert mask_written(text) == masked
    assert len(masked) == len(text)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("sip:u:pa55word@pbx.example", "sip:u:•••@pbx.example"),
        ("SIPS:u:pa55word@pbx:5061", "SIPS:u:•••@pbx:5061"),
        ("to 'sip:u:pa55@pbx', or", "to 'sip:u:•••@pbx', or"),
        ("sip:u:pa'ss:55@pbx", "sip:u:•••@pbx"),
        ("sip:u:pa@55@pbx", "sip:u:•••@pbx"),
        ("sip:u;k=v:pa55@pbx", "sip:u;k=•••@pbx"),
        ("sip:u@pbx;token=v", "sip:u@pbx;token=•••"),
        ("sip:u@pbx;a=b;Transport=tls;c=d", "sip:u@pbx;a=•••;Transport=tls;c=•••"),
        (
            "sip:1;phone-context=x@pbx;user=phone",
            "sip:1;phone-context=x@pbx;user=phone",
        ),
        ("sip:u@pbx;t=v?X-Key=k&b=c", "sip:u@pbx;t=•••?X-Key=•••&b=•••"),
        ("sip:u:${ROSTER_A}@pbx;t=${ROSTER_B}", "sip:u:${ROSTER_A}@pbx;t=${ROSTER_B}"),
        ("sip:u:${ROSTER_A}x@pbx", "sip:u:•••@pbx"),
        ("sip:ann@pbx:5080", "sip:ann@pbx:5080"),
        ("sip:+15551230001:p@pbx", "sip:+1555•••0001:•••@pbx"),
        ("https://u:p@h.example/a?b=c#d", "https://•••@h.example/a?b=•••#d"),
        ("client:bob?tok=v", "client:bob?tok=•••"),
        ("client:bob,sip:u:p@h;k=v", "client:bob,sip:u:•••@h;k=•••"),
        ("https://h/sip:u:p@h", "https://h/sip:u:•••@h"),
        ("client:bob;x=1", "client:bob;x=1"),
        ("error: it is 12:30; a=b", "error: it is 12:30; a=b"),
    ],
)
def test_credentials_in_an_address_are_hidden(text: str, masked: str) -> None:
    assert mask(text) == masked
    assert mask(masked) == masked


@pytest.mark.parametrize(
    "part",
    [
        "1",
        "12 ",
        "123-",
        "+1 ",
        "(1",
        "sip:",
        "sip:'",
        "sip:u:",
        ";a=",
        "sip:u@",
        "https://",
        "a.",
        "?a=",
        "client:",
    ],
)
def test_a_long_text_is_masked_in_time_that_grows_with_its_length(part: str) -> None:
    def seconds(count: int) -> float:
        text = part * count
        start = process_time()
        mask(text)
        return process_time() - start

    seconds(100)
    assert seconds(40_000) < 40 * seconds(4_000) + 0.5


@given(
    st.text("0123456789", min_size=7, max_size=15), st.sampled_from(["", " ", "x", "é"])
)
def test_no_number_of_any_length_is_shown_whole(digits: str, around: str) -> None:
    masked = mask(f"{around}+{digits}{around}")
    assert digits not in masked
    assert len(digits) - sum(c.isdigit() for c in masked) >= 3

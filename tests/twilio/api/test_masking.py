"""Phone numbers as they may be shown."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.masking import mask, mask_in_place, mask_numbers

SEARCHED = " and 2147483647"
"""No number, with so many digits that a text is searched for numbers."""


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
    ("text", "masked"),
    [
        ("London 020 7946 0123", "London 020 7•••0123"),
        ("07700 900123, please", "0770•••0123, please"),
        ("Paris 01 23 45 67 89", "Paris 01 2•••67 89"),
        ("01.23.45.67.89", "01.2•••67.89"),
        ("Berlin 030/1234567", "Berlin 030•••4567"),
        ("(030) 123456", "(03•••3456"),
        ("0171-1234567", "0171•••4567"),
        ("030 12 34 56 - 78", "030 1•••56 - 78"),
        ("0301234567", "030•••4567"),
        ("0049 30 1234567", "0049•••4567"),
        ("011 44 20 7946 0123", "011 4•••0123"),
        ("Tokyo 090-1234-5678", "Tokyo 090-1•••5678"),
        ("Oslo 22 33 44 55", "Oslo 2•••44 55"),
        ("Madrid 912 345 678", "Madrid 91•••5 678"),
        ("138 1234 5678", "138 1•••5678"),
        ("98765 43210", "987•••3210"),
        ("(11) 91234-5678", "(11) 91•••5678"),
        ("8 (912) 345-67-89", "8 (912•••67-89"),
        ("Singapore 6123 4567", "Singapore 6•••4567"),
        ("+49 (0)30 1234567", "+49 (0)3•••4567"),
        ("+ 44 20 7946 0123", "+ 44 20•••0123"),
        ("+33 1 - 23 45 67 89", "+33 1 - 2•••67 89"),
        ("15550100101 or 447700900123", "1555•••0101 or 4477•••0123"),
        ("tel/5557654324x12", "tel/555•••4324x12"),
        ("1_555_010_0101", "1_555•••0101"),
        ("call 22334455.", "call 2•••4455."),
        ("01\u202f23\u202f45\u202f67\u202f89", "01\u202f2•••67\u202f89"),
        ("912 345 678 2026-11-30 18:00", "91•••5 678 2026-11-30 18:00"),
        ("at 18:00 020 7946 0123", "at 18:00 020 7•••0123"),
    ],
)
def test_the_middle_of_a_number_as_other_countries_write_it_is_hidden(
    text: str, masked: str
) -> None:
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
        "10.200.100.200 and 8.8.8.8",
        "http://10.1.2.3:9464/metrics, [2001:db8:0:1:1:1:1:1]:8080",
        "05/11/2026 05.11.2026 05-11-2026 18:00",
        "20261130 and 20261130T180000Z",
        "generation 3 2026-11-30 18:00:03",
        "took 0.012345678 s, 1234567 ms, 86400000 ms, 12:30:00.123456",
        "1776158802 and 1776158802123",
        "ticket #12345678, 12345678 bytes",
        "between 1 and 2147483647",
        "issue 663 (2021-03)",
        "0 + 0.598123456",
        "request RQ0123456789012345678901234567890a",
        "request 12345678901a4bf92f3577b34da6a3ce",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "0af76519-0123-4567-8901-123456789012",
        "reconciler-7d9f8-0123456",
        "conference-2026-11-30-0123",
        "versions 0.100.2000 1.20.1, schema 0019 of 0019",
        "ports 8080, 9464, 8000-9000",
        "1, 2, 3, 100, 2000 and 50,000,000",
        "at least 10 of 1000 rows in 30 days",
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
        ("to: 22334455}", "to: 2•••4455}"),
        ("22 33 44 55", "2• •• 44 55"),
        ("020 7946 0123", "020 7••• 0123"),
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
    assert mask_in_place(text) == masked
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


@given(st.integers(0, 17), st.sampled_from("0179"), st.sampled_from("28"))
def test_a_number_alone_is_hidden_as_within_a_text(
    length: int, first: str, others: str
) -> None:
    number = f"+{first}{others * length}"

    assert mask_numbers(f"{number}{SEARCHED}") == f"{mask_numbers(number)}{SEARCHED}"


@given(st.text("+\uff0b(0)1-9./ \u0661", max_size=12))
def test_a_text_with_few_digits_is_hidden_as_before_others(text: str) -> None:
    assert mask_numbers(f"{text}{SEARCHED}") == f"{mask_numbers(text)}{SEARCHED}"
    assert mask_in_place(f"{text}{SEARCHED}") == f"{mask_in_place(text)}{SEARCHED}"

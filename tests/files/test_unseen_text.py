"""Characters that show nothing, or change how other text is shown, in rosters."""

import pytest

from reconciler.model.masking import printable
from tests.files.rosters import problems, with_ann, with_members

BLANK = [0x034F, 0x115F, 0x1160, 0x17B4, 0x180B, 0x180E, 0x2800, 0x3164, 0xFE00,
         0xFE0F, 0xFFA0, 0x1D159, 0xE0100, 0xE01EF]  # fmt: skip
ZERO_WIDTH = [0x200B, 0x2060, 0x00AD]
JOINERS = [0x200C, 0x200D]
STEERING = [0x061C, 0x200E, 0x200F, 0x202A, 0x202E, 0x2066, 0x2069, 0x2028, 0x2029]


def escaped(number: int) -> str:
    width = 4 if number <= 0xFFFF else 8
    letter = "u" if width == 4 else "U"
    return f"\\x{number:02x}" if number <= 0xFF else f"\\{letter}{number:0{width}x}"


@pytest.mark.parametrize("number", BLANK + ZERO_WIDTH + STEERING, ids=hex)
def test_a_character_that_cannot_be_seen_is_escaped_and_no_part_of_a_name(
    number: int,
) -> None:
    escape = escaped(number)
    label = with_members(f'  "a{escape}b": {{to: "client:a"}}\n')
    room = label.replace("conference: room", f'conference: "r{escape}b"')

    assert printable(f"a{chr(number)}b") == f"a{escape}b"
    assert [escape in each.message for each in problems(label)] == [True]
    assert [escape in each.message for each in problems(room)] == [True, True]


@pytest.mark.parametrize("number", BLANK + ZERO_WIDTH + JOINERS + STEERING, ids=hex)
@pytest.mark.parametrize("address", ["client:a{}b", "sip:a{}@pbx", "client:a?x={}"])
def test_an_address_holds_no_character_that_cannot_be_seen(
    address: str, number: int
) -> None:
    to = address.format(escaped(number))

    (problem,) = problems(with_members(f'  ann: {{to: "{to}"}}\n'))

    assert escaped(number) in problem.message


@pytest.mark.parametrize("number", STEERING, ids=hex)
def test_a_text_holds_nothing_that_turns_its_direction(number: int) -> None:
    (problem,) = problems(with_ann(f'call_reason: "a{escaped(number)}b"'))

    assert escaped(number) in problem.message


@pytest.mark.parametrize("number", [0x200D, 0xFE0F, 0x00E9, 0x05D0], ids=hex)
def test_a_text_may_hold_what_symbols_and_scripts_are_written_with(number: int) -> None:
    assert not problems(with_ann(f'call_reason: "a{escaped(number)}b"'))


def test_an_id_of_an_announcement_is_seen_whole() -> None:
    announcement = '{id: "a\\u3164", url: "https://h.example/"}'

    (problem,) = problems(with_ann(f"announcements: [{announcement}]"))

    assert "an id contains \\u3164" in problem.message

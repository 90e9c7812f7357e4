"""Values that Twilio shows for callers who withhold their number.

Twilio: call resource, ``from`` of a call with caller id suppressed. The numbers
are the words below as a telephone keypad spells them.
"""

import re
from typing import Final

WITHHELD_NUMBERS: Final = frozenset(
    {"+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"}
)
WITHHELD_WORDS: Final = frozenset(
    {"anonymous", "restricted", "blocked", "unknown", "unavailable"}
)

_ANY_CASE: Final = "".join(f"[{each}{each.upper()}]" for each in "anonymous")
WITHHELD_SIP: Final = (
    rf"sips?:(?:{_ANY_CASE}@\S*|[^\s@?]+@{_ANY_CASE}\.[iI][nN][vV][aA][lL][iI][dD]"
    r"(?:[:;?]\S*)?)"
)
"""SIP addresses of callers who withhold theirs: RFC 3261, section 8.1.1.3."""

_SIP: Final = re.compile(WITHHELD_SIP)


def withheld(address: str) -> bool:
    """Whether *address* stands for any caller who withholds theirs.

    Such an address identifies nobody: two calls that show it may be two people.
    """
    text = address.strip()
    word = text.casefold().removeprefix("+")
    return (
        not text
        or text in WITHHELD_NUMBERS
        or word in WITHHELD_WORDS
        or _SIP.fullmatch(text) is not None
    )

"""What a phone number is: whether it may ever be rung, where it is, of which type.

The numbering plans are those of the ``phonenumbers`` library. A number that is
"possible" proves nothing there; its region is what a call costs by.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

_LONGEST_EMERGENCY: Final = 10
"""Digits, the country code included; the longest in the plans has nine."""

_SIP_EMERGENCY: Final = frozenset({"000", "112", "911", "999"})
"""Users of SIP addresses that a gateway puts through as emergency calls."""

_NOT_A_DIGIT: Final = re.compile(r"[^0-9]")
_KEPT: Final = 4096


class NumberType(StrEnum):
    """The types that a policy may name."""

    FIXED_LINE = "fixed-line"
    MOBILE = "mobile"
    TOLL_FREE = "toll-free"
    PREMIUM_RATE = "premium-rate"
    SHARED_COST = "shared-cost"
    VOIP = "voip"
    PERSONAL = "personal"
    PAGER = "pager"
    UAN = "uan"
    VOICEMAIL = "voicemail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class NumberFacts:
    """``region`` is an ISO code, ``001`` for numbers of no country, "" if unknown.

    A number that is fixed-line or mobile, as in North America, has both types.
    """

    valid: bool
    region: str
    types: frozenset[NumberType]


def is_emergency(address: str) -> bool:
    """Whether *address* is, or a gateway would take it for, an emergency number.

    Every region that shares the country code counts: +1 999 is none in the
    United States and one in Trinidad.
    """
    scheme, colon, rest = address.partition(":")
    if colon and scheme.lower() in {"sip", "sips", "tel"}:
        return _digits(rest.partition("@")[0]) in _SIP_EMERGENCY
    if colon:
        return False
    digits = _digits(address)
    if not digits or len(digits) > _LONGEST_EMERGENCY:
        return False
    return _is_emergency(digits, international=address.lstrip().startswith("+"))


def _digits(text: str) -> str:
    return _NOT_A_DIGIT.sub("", text)


@lru_cache(_KEPT)
def _is_emergency(digits: str, *, international: bool) -> bool:
    import phonenumbers as plans  # noqa: PLC0415 - heavy

    if not international:
        return digits in _SIP_EMERGENCY
    for length in (1, 2, 3):
        regions = plans.region_codes_for_country_code(int(digits[:length]))
        if any(plans.is_emergency_number(digits[length:], each) for each in regions):
            return True
    return False


@lru_cache(_KEPT)
def facts_of(number: str) -> NumberFacts:
    """What is known of *number*, in E.164."""
    import phonenumbers as plans  # noqa: PLC0415 - heavy

    try:
        parsed = plans.parse(number)
    except plans.NumberParseException:
        return NumberFacts(False, "", frozenset({NumberType.UNKNOWN}))
    region = plans.region_code_for_number(parsed) or ""
    valid = plans.is_valid_number(parsed)
    return NumberFacts(valid, region, _types(plans.number_type(parsed)))


def _types(number_type: int) -> frozenset[NumberType]:
    import phonenumbers as plans  # noqa: PLC0415 - heavy

    kinds = plans.PhoneNumberType
    if number_type == kinds.FIXED_LINE_OR_MOBILE:
        return frozenset({NumberType.FIXED_LINE, NumberType.MOBILE})
    names = {
        kinds.FIXED_LINE: NumberType.FIXED_LINE,
        kinds.MOBILE: NumberType.MOBILE,
        kinds.TOLL_FREE: NumberType.TOLL_FREE,
        kinds.PREMIUM_RATE: NumberType.PREMIUM_RATE,
        kinds.SHARED_COST: NumberType.SHARED_COST,
        kinds.VOIP: NumberType.VOIP,
        kinds.PERSONAL_NUMBER: NumberType.PERSONAL,
        kinds.PAGER: NumberType.PAGER,
        kinds.UAN: NumberType.UAN,
        kinds.VOICEMAIL: NumberType.VOICEMAIL,
    }
    return frozenset({names.get(number_type, NumberType.UNKNOWN)})

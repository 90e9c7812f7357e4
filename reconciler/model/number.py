"""Properties of a phone number: emergency, region, type.

The numbering plans are those of the ``phonenumbers`` library. A number that is
"possible" proves nothing there; its region is what a call costs by.
"""

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from msgspec import Struct

_LONGEST_EMERGENCY: Final = 10
"""Digits, the country code included; the longest in the plans has nine."""

_WORDS: Final = frozenset({"000", "112", "911", "999"})
"""What a gateway puts through as an emergency call, whatever its country."""

_DIALED: Final = re.compile(r"[0-9*#+]+")
_SERVICE_CODE: Final = re.compile(r"[*#]{1,2}[0-9]{2}[*#]?")
"""As ``*67`` and ``*31#``, which withhold the caller's number."""

_PREFIXES: Final = ("", "0", "9")
"""What is dialed for an outside line."""

_INTERNATIONAL: Final = ("00", "011")
_IGNORED: Final = re.compile(r"[-.()/\s]")
_END_OF_USER: Final = re.compile(r"[@;:,?]")
_NOT_A_DIGIT: Final = re.compile(r"[^0-9]")
_KEPT: Final = 4096

_LONG: Final = re.compile(rf"\+[0-9]{{{_LONGEST_EMERGENCY + 1},}}")
"""Too long for an emergency number, and written so that it reads in one way."""

NO_COUNTRY: Final = "001"
"""The region of numbers of no country."""


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


class NumberFacts(Struct, frozen=True):
    """``region`` is an ISO code, ``001`` for numbers of no country, "" if unknown.

    A number that is fixed-line or mobile, as in North America, has both types.
    """

    valid: bool
    region: str
    types: frozenset[NumberType]


@lru_cache(_KEPT)
def is_emergency(address: str) -> bool:
    """Whether *address* is, or a gateway would take it for, an emergency number.

    Every region that shares the country code counts: +1 999 is none in the
    United States and one in Trinidad. Of a SIP address it is the user that counts,
    as a gateway reads it: decoded, without password, parameters and punctuation.
    """
    if _LONG.fullmatch(address):
        return False
    scheme, colon, rest = address.strip().partition(":")
    if colon and scheme.lower() not in {"sip", "sips", "tel"}:
        return False
    dialed = _dialed(rest if colon else address)
    return bool(_DIALED.fullmatch(dialed)) and any(
        _is_emergency(_NOT_A_DIGIT.sub("", each), international=each.startswith("+"))
        for each in _readings(dialed)
    )


def _readings(dialed: str) -> Iterator[str]:
    """*dialed* as it stands, without a service code, and from its last plus."""
    yield dialed
    yield _SERVICE_CODE.sub("", dialed, count=1)
    yield "".join(dialed.rpartition("+")[1:])


def _dialed(text: str) -> str:
    """What is dialed of a number, or of what follows the scheme of an address."""
    user = unquote(text.partition("@")[0])
    user = unicodedata.normalize("NFKC", user).lstrip("/")
    return _IGNORED.sub("", _END_OF_USER.split(user)[0])


@lru_cache(_KEPT)
def _is_emergency(digits: str, *, international: bool) -> bool:
    if international:
        return digits in _WORDS or _is_emergency_abroad(digits)
    for outside in _PREFIXES:
        if digits.startswith(outside) and _is_dialed(digits[len(outside) :]):
            return True
    return False


def _is_dialed(digits: str) -> bool:
    """Whether *digits* are an emergency number, with or without a country code."""
    return digits in _WORDS or any(
        digits.startswith(each)
        and _is_emergency(digits[len(each) :], international=True)
        for each in _INTERNATIONAL
    )


def _is_emergency_abroad(digits: str) -> bool:
    """Whether a country code and a number in it are an emergency number."""
    import phonenumbers as plans  # noqa: PLC0415 - heavy

    if len(digits) > _LONGEST_EMERGENCY:
        return False
    for length in range(1, min(3, len(digits) - 1) + 1):
        regions = plans.region_codes_for_country_code(int(digits[:length]))
        if any(plans.is_emergency_number(digits[length:], each) for each in regions):
            return True
    return False


def regions() -> frozenset[str]:
    """The regions that numbers may have, by ISO code, and that of no country."""
    import phonenumbers as plans  # noqa: PLC0415 - heavy

    return frozenset({*plans.SUPPORTED_REGIONS, NO_COUNTRY})


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

"""Addresses that Twilio can call or show, with hints for usual mistakes."""

import re
from enum import StrEnum
from typing import Final, NamedTuple

from reconciler.model.caller import withheld
from reconciler.model.number import is_emergency

PHONE: Final = r"\+[1-9][0-9]{6,14}"
CLIENT: Final = r"client:[^\s?]+(?:\?\S*)?"
SIP: Final = r"sips?:[^\s@?]+@[^\s@?]+(?:\?\S*)?"
APP: Final = r"app:AP[0-9a-fA-F]{32}(?:\?\S*)?"
SIP_USER: Final = r"[A-Za-z][A-Za-z0-9._~-]*"

LONGEST: Final = 1024

CALLEE: Final = f"{PHONE}|{CLIENT}|{SIP}|{APP}"
CALLER: Final = f"{PHONE}|{CLIENT}|{SIP}|{SIP_USER}"


class EndpointKind(StrEnum):
    """What an endpoint is."""

    PHONE = "phone"
    CLIENT = "client"
    SIP = "sip"
    APP = "app"
    SIP_USER = "sip-user"


class EndpointFault(NamedTuple):
    """Why a text is no endpoint; ``hint`` may repeat the text corrected."""

    message: str
    hint: str


_FORMS: Final = tuple(
    (form, re.compile(pattern))
    for form, pattern in (
        (EndpointKind.PHONE, PHONE),
        (EndpointKind.CLIENT, CLIENT),
        (EndpointKind.SIP, SIP),
        (EndpointKind.APP, APP),
        (EndpointKind.SIP_USER, SIP_USER),
    )
)
_FORMS_OF_CALLEE: Final = "write +E.164, client:name, sip:user@host or app:AP…"
_FORMS_OF_CALLER: Final = "write +E.164 or client:name"
_WITHHELD: Final = EndpointFault(
    "this is what Twilio shows for callers who withhold their number, not the address "
    "of a phone",
    "write the person's own address; callers without a number are handled by "
    "'unlisted'",
)
_EMERGENCY: Final = EndpointFault(
    "this is an emergency number; emergency numbers are never called",
    "no setting allows this: use a phone",
)
_PUNCTUATION: Final = re.compile(r"[\s().\-/\u00a0\u2010-\u2015]")
_PHONE_LIKE: Final = re.compile(r"[+(]?[0-9][0-9\s().\-/\u00a0\u2010-\u2015]*")
_DIGITS_AFTER: Final = re.compile(
    r"([+(]?[0-9][0-9\s().\-]*?)\s*(?:[,;#*]|x|ext\.?|p|w).*", re.IGNORECASE | re.DOTALL
)
_SCHEME: Final = re.compile(r"(client|sips?|app):", re.IGNORECASE)


def form_of(text: str) -> EndpointKind | None:
    """What *text* is, None when it is no endpoint at all."""
    if len(text) > LONGEST:
        return None
    for form, pattern in _FORMS:
        if pattern.fullmatch(text):
            return form
    return None


def callee_fault(text: str) -> EndpointFault | None:
    """Why *text* cannot be called, None when it can."""
    if text.strip() and withheld(text):
        return _WITHHELD
    if is_emergency(text):
        return _EMERGENCY
    if form_of(text) not in {None, EndpointKind.SIP_USER}:
        return None
    return _fault(text, _FORMS_OF_CALLEE)


def caller_fault(text: str) -> EndpointFault | None:
    """Why *text* cannot be shown as the caller, None when it can."""
    form = form_of(text)
    if form is EndpointKind.APP:
        return EndpointFault("an application cannot be the caller", _FORMS_OF_CALLER)
    if form is not None:
        return None
    return _fault(text, _FORMS_OF_CALLER)


def _fault(text: str, forms: str) -> EndpointFault:
    if len(text) > LONGEST:
        return EndpointFault(f"an address has at most {LONGEST} characters", forms)
    return _scheme_fault(text) or _phone_fault(text) or _other_fault(text, forms)


def _scheme_fault(text: str) -> EndpointFault | None:
    if text.lower().startswith("tel:"):
        return EndpointFault(
            "Twilio does not support tel: addresses", f"write {text[4:].strip()!r}"
        )
    scheme = _SCHEME.match(text)
    if scheme is None:
        return None
    if scheme[0] != scheme[0].lower():
        hint = f"write {scheme[0].lower() + text[scheme.end() :]!r}"
        return EndpointFault(f"{scheme[0].lower()} must be in small letters", hint)
    return _FAULT_OF_SCHEME[scheme[1].lower()]


_FAULT_OF_SCHEME: Final = {
    "client": EndpointFault("client: needs a name without spaces", "write client:name"),
    "sip": EndpointFault("sip: needs user@host without spaces", "write sip:user@host"),
    "sips": EndpointFault(
        "sips: needs user@host without spaces", "write sips:user@host"
    ),
    "app": EndpointFault(
        "app: needs AP followed by 32 hexadecimal digits", "write app:AP…"
    ),
}


def _phone_fault(text: str) -> EndpointFault | None:
    number = _PUNCTUATION.sub("", text)
    if _PHONE_LIKE.fullmatch(text):
        return _number_fault(text, number)
    digits = _DIGITS_AFTER.fullmatch(text)
    if digits:
        alone = _PUNCTUATION.sub("", digits[1])
        return EndpointFault(
            "Twilio cannot send digits or an extension after dialing",
            f"write {alone!r} alone, or call a sip: address that adds them",
        )
    if "?" in text and form_of(text.partition("?")[0]) is EndpointKind.PHONE:
        return EndpointFault(
            "a phone number cannot have custom parameters",
            f"write {text.partition('?')[0]!r}",
        )
    return None


def _number_fault(text: str, number: str) -> EndpointFault:
    if number.startswith("00"):
        return EndpointFault(
            "00 is not an international prefix here", f"write '+{number[2:]}'"
        )
    if not number.startswith("+"):
        hint = "begin with + and the country code, such as +1 for North America"
        return EndpointFault(
            "a phone number must begin with + and the country code", hint
        )
    if number != text:
        message = "a phone number must not contain spaces, dashes, dots or brackets"
        return EndpointFault(message, f"write {number!r}")
    if number.startswith("+0"):
        return EndpointFault(
            "country codes do not begin with 0", "write +, country code, number"
        )
    count = len(number) - 1
    message = f"a phone number has 7 to 15 digits after the +; this one has {count}"
    return EndpointFault(message, "write +, country code and number, digits only")


def _other_fault(text: str, forms: str) -> EndpointFault:
    if form_of(f"sip:{text}") is EndpointKind.SIP:
        return EndpointFault(
            "a SIP address begins with sip:", f"write {f'sip:{text}'!r}"
        )
    if form_of(f"app:{text}") is EndpointKind.APP:
        return EndpointFault(
            "a TwiML application begins with app:", f"write {f'app:{text}'!r}"
        )
    return EndpointFault("this is not an address that Twilio supports", forms)

"""Masks phone numbers and removes terminal control sequences.

Labels, names and error texts come from strangers. A character that breaks a
line, moves the cursor, turns the direction of writing or cannot be seen is
shown as its escape.
"""

import re
import unicodedata
from functools import cache

_DASH = "\\-\u2010-\u2015"
_SPACE = " \t\u00a0\u2007\u2009\u202f"
_GAP = rf"[{_SPACE}]?[()./_{_DASH}][{_SPACE}]?|[)][{_SPACE}]?[(./{_DASH}]|[{_SPACE}]"
_IN_GROUPS = rf"[{_SPACE}]?[(){_DASH}][{_SPACE}]?|[)][{_SPACE}]?[({_DASH}]|[{_SPACE}]"
"""What stands between the groups of a number as people write it; the second without
dot and slash, which addresses of machines, versions and dates have."""

_YEAR = r"(?:19|20)\d\d"
_DATE = (
    rf"(?:{_YEAR}[-/. ]\d\d[-/. ]\d\d(?!\d)|\d\d?[-/.]\d\d?[-/.]{_YEAR}(?!\d)"
    rf"|{_YEAR}-\d\d(?!\d)|{_YEAR}\d{{4}}(?:T|(?!\d)))"
)
_PLUS = (
    r"(?P<plus>\+|\uff0b|%2[Bb])(?:"
    rf"\d{{10,15}}(?!\d)|[{_SPACE}(]{{0,2}}[1-9](?:(?:{_GAP})?\d){{6,16}}(?!\d)"
    r"|\d{7,15}(?!\d))"
)
_TRUNK = rf"(?:\(0\)[{_SPACE}]?|\(?0)\d(?:(?:{_GAP})?\d){{7,15}}"
_NORTH_AMERICAN = (
    rf"(?:1(?:{_GAP})?)?\(?\d{{3}}(?:{_GAP})\d{{3}}(?:{_GAP})\d{{4}}"
    rf"|\d{{3}}[{_DASH}]\d{{4}}"
)
_GROUPS = (
    rf"(?P<groups>\(?[1-9]\d{{0,4}}(?:(?:{_IN_GROUPS})(?!{_DATE})\d{{2,5}}){{2,6}})"
    rf"|[6-9]\d{{4}}[{_SPACE}{_DASH}]\d{{5}}|(?!{_YEAR})[2-9]\d{{3}}[{_SPACE}]\d{{4}}"
)
_SINCE_1970 = r"1\d{9}(?!\d)|1[5-9]\d{11}(?!\d)"
_NO_RUN = (
    r"(?<![^\W_])(?<![.•+#])(?<!\d[:/,])(?<![0-9A-Fa-f]{4}-)(?![0-9A-Fa-f]{16})"
    rf"(?!{_SINCE_1970}|2147483647|{_DATE})"
)
_UNIT = r" ?(?:[mµun]?s|[mhd]|[kKMG]?i?B|bytes|rows|seconds|milliseconds)\b"
_NUMBER = (
    rf"{_PLUS}"
    rf"|(?<![\w.+•{_DASH}])(?<!\d[:/])(?!{_DATE})"
    rf"(?:{_TRUNK}|{_NORTH_AMERICAN}|{_GROUPS})(?![-.:/]?\d)(?!-?[^\W\d_xX])"
    rf"|{_NO_RUN}\d{{8,15}}(?!\.?\d|-[0-9A-Fa-f]{{4}}-)(?!{_UNIT})"
)
"""A phone number as people write it.

With a plus any number. Without one: after a trunk prefix, as ``020 7946 0123`` or
``0171/1234567``; as in North America; in three groups or more, as ``22 33 44 55``; or
eight digits and more, unless they are seconds or milliseconds since 1970. Dates,
times, addresses of machines, versions and identifiers are none of these.
"""

_REFERENCE = r"\$\{[A-Za-z0-9_]+\}"
_USER = re.compile(r"(\b[a-z][a-z0-9+.-]{0,30}://)(?!\$\{)[^/\s@?#]+@", re.IGNORECASE)
_SIP = re.compile(r"\bsips?:(?:[^\s\"<>@?]{0,1024}@)?[^\s\"'<>?]*", re.IGNORECASE)
_ADDRESS = re.compile(r"\b(?:https?://|client:|sips?:|app:)[^\s\"'<>]*", re.IGNORECASE)
_VALUE = re.compile(rf"([?&][^=&\s]*=)(?!{_REFERENCE}(?:&|$))[^&\s]+")
_PARAMETER = re.compile(
    r"(;(?!(?:transport|user|phone-context)=)[^=;@\s]*=)"
    rf"(?!{_REFERENCE}(?:[;@:]|$))[^;@\s]+",
    re.IGNORECASE,
)
_PASSWORD = re.compile(rf"^([^:]*:)(?!{_REFERENCE}$).+", re.DOTALL)
_FEWEST, _MOST = 8, 15
"""Characters of the shortest text that is hidden as a number, with its plus or dash; and
digits of the longest number."""
_FEWEST_DIGITS = 7
_FEWEST_IN_GROUPS = 8
_SEPARATORS = " \t\u00a0\u2007\u2009\u202f()./_-\u2010\u2011\u2012\u2013\u2014\u2015"
_HIDDEN = 3
_TAIL = 4
_HEAD = 4
_JOINERS = "\u200c\u200d"
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f"
    "\uffa0\ufff0-\ufff8\U0001d159\U000e0000-\U000e0fff]"
)
"""Letters, marks and symbols that show nothing: fillers, variation selectors."""

_STEERING = re.compile("[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def mask(text: str) -> str:
    """*text* as one printable line, the middle of every phone number hidden.

    ``+15551230001`` becomes ``+1555•••0001``; at least three digits are hidden
    of a shorter one. So is one without its plus, or in groups, ``(555) 123-0001`` or
    ``020 7946 0123``. A percent-encoded plus counts as a plus. Of a URL, user and
    password and the values of the query are hidden, of a SIP address the password and
    the values of its parameters; references to variables stay.
    """
    return mask_numbers(mask_secrets(text))


def mask_secrets(text: str) -> str:
    """*text* as by ``mask``, but with its numbers."""
    return _mask_urls(printable(text))


def has_credentials(text: str) -> bool:
    """Whether *text* has an address or URL of which ``mask`` hides a part."""
    return _mask_urls(text) != text


def _mask_urls(text: str) -> str:
    if ":" not in text:
        return text
    text = _SIP.sub(_mask_sip, _USER.sub(r"\1•••@", text))
    return _ADDRESS.sub(_mask_query, text) if "?" in text else text


def _mask_query(found: re.Match[str]) -> str:
    head, mark, query = found[0].partition("?")
    values, hash_, fragment = query.partition("#")
    return "".join((head, _VALUE.sub(r"\1•••", mark + values), hash_, fragment))


def _mask_sip(found: re.Match[str]) -> str:
    """``sip:user:password@host;token=value`` without password and value."""
    scheme, colon, rest = found[0].partition(":")
    user, at, host = rest.rpartition("@")
    user = _PASSWORD.sub(r"\1•••", user)
    parts = (_PARAMETER.sub(r"\1•••", each) for each in (user, host))
    return f"{scheme}{colon}{at.join(parts)}"


def mask_numbers(text: str) -> str:
    """*text* with numbers hidden as by ``mask``, and nothing else changed."""
    if not _has_digits(text):
        return text
    if _is_e164(text):
        digits = len(text) - 1
        head, tail = _ends(digits)
        return f"{text[: head + 1]}•••{text[digits + 1 - tail :]}"
    return _number().sub(_shortened, text)


@cache
def _number() -> re.Pattern[str]:
    """Compiled once a text has as many digits: that takes 4 ms."""
    return re.compile(_NUMBER)


def _has_digits(text: str) -> bool:
    """Whether *text* is long enough for a number, and has its digits."""
    return len(text) >= _FEWEST and sum(map(str.isdecimal, text)) >= _FEWEST_DIGITS


def _is_e164(text: str) -> bool:
    """Whether *text* is one number as Twilio writes it: most are, and need no search."""
    return (
        text[0] == "+"
        and len(text) <= 1 + _MOST
        and text.isascii()
        and text[1:].isdigit()
    )


def mask_in_place(text: str) -> str:
    """As ``mask_numbers``, with a bullet a digit: columns of a line stay."""
    if not _has_digits(text):
        return text
    return _number().sub(_overwritten, text)


def printable(text: str) -> str:
    """*text* with each control, format and separator character as its escape."""
    if text.isprintable() and (text.isascii() or not _BLANK.search(text)):
        return text
    return "".join(_escape(each) if unseen(each) else each for each in text)


def unseen(character: str) -> bool:
    """Whether a character steers, separates lines or cannot be seen."""
    if unicodedata.category(character) in _UNSEEN:
        return True
    return _BLANK.match(character) is not None


def invisible(text: str, *, allowed: str = _JOINERS) -> str:
    """The escape of the first character in a name that cannot be seen, "" if none.

    Joiners are part of how some scripts and symbols are written.
    """
    if text.isascii() and text.isprintable():
        return ""
    found = (each for each in text if unseen(each) and each not in allowed)
    return next(map(_escape, found), "")


def steering(text: str) -> str:
    """The escape of the first character that turns the direction or breaks a line."""
    match = _STEERING.search(text)
    return _escape(match[0]) if match else ""


def _escape(character: str) -> str:
    number = ord(character)
    if number <= 0xFF:  # noqa: PLR2004 - what two digits can say
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"  # noqa: PLR2004


def _shortened(match: re.Match[str]) -> str:
    """The number without its middle: what separates the rest stays."""
    text = match[0]
    hidden = _hidden_places(match)
    if not hidden:
        return text
    first = max(at for at in _digit_places(text) if at < hidden[0]) + 1
    return f"{text[:first]}•••{text[hidden[-1] + 1 :].lstrip(_SEPARATORS)}"


def _overwritten(match: re.Match[str]) -> str:
    hidden = _hidden_places(match)
    return "".join("•" if at in hidden else c for at, c in enumerate(match[0]))


def _hidden_places(match: re.Match[str]) -> list[int]:
    """Where the digits that are hidden stand in a match, none if it is no number."""
    places = _digit_places(match[0], after=len(match["plus"] or ""))
    if match["groups"] and len(places) < _FEWEST_IN_GROUPS:
        return []
    head, tail = _ends(len(places))
    return places[head:-tail]


def _ends(digits: int) -> tuple[int, int]:
    """How many of so many digits are shown at the beginning and at the end."""
    tail = min(_TAIL, digits - _HIDDEN - 1)
    return min(_HEAD, digits - _HIDDEN - tail), tail


def _digit_places(text: str, after: int = 0) -> list[int]:
    return [at for at, each in enumerate(text) if at >= after and each.isdecimal()]

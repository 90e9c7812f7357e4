"""Masks phone numbers and removes terminal control sequences.

Labels, names and error texts come from strangers. A character that breaks a
line, moves the cursor, turns the direction of writing or cannot be seen is
shown as its escape.
"""

import re
import unicodedata

_DASHES = "\\-\u2010-\u2015"
_SEPARATOR = f"(?:[ \u00a0]?[()][ \u00a0]?|[)][.{_DASHES}]|[ \u00a0.{_DASHES}])"
"""What stands between the groups of a number as people write it."""

_NUMBER = re.compile(
    r"(?P<plus>\+|%2[Bb])(?:"
    rf"\d{{10,15}}(?!\d)|\(?[1-9](?:{_SEPARATOR}?\d){{6,14}}(?!\d)|\d{{7,15}}(?!\d))"
    r"|(?<![\w.+•-])(?<!\d[:/])(?:"
    rf"(?:1{_SEPARATOR})?\d{{3}}{_SEPARATOR}\d{{3}}{_SEPARATOR}\d{{4}}|\d{{3}}[{_DASHES}]\d{{4}}"
    r")(?![-.:/]?\d)"
)
"""With a plus any number; without one as written in North America, in groups."""

_GAP = r"[ \t\u00a0\u2010-\u2015().\-/_]{0,3}"
_DATE = r"(?:19|20)\d\d(?:[-/]\d\d[-/]\d\d(?!\d)|\d{4}T)"
_WRITTEN = re.compile(
    rf"(?:\+|%2[Bb]){_GAP}(?P<international>\d(?:{_GAP}\d){{6,}})"
    rf"|(?<![^\W_])(?<!\.)(?!{_DATE})(?P<plain>\d(?:[ ()\-/_]{{0,2}}\d){{7,}})"
)
"""A number as people write it: with separators, or without its plus."""

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
    of a shorter one. So is one in groups: after a plus in any, else in those of North
    America, ``(555) 123-0001`` or ``123-0001``. A percent-encoded plus counts as a
    plus. Of a URL, user and password and the values of the query are hidden, of a SIP
    address the password and the values of its parameters; references to variables stay.
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
    return _NUMBER.sub(_masked, text)


def mask_written(text: str) -> str:
    """*text* with every number hidden in any writing, and as wide as it was.

    As ``mask_numbers``, but also of ``+1 555 123-0001`` and ``15551230001``, with a
    bullet a digit, so that columns of a line stay. Dates are shown.
    """
    return _WRITTEN.sub(_masked_digits, text)


def printable(text: str) -> str:
    """*text* with each control, format and separator character as its escape."""
    if text.isprintable() and text.isascii():
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
    found = _STEERING.search(text)
    return _escape(found[0]) if found else ""


def _escape(character: str) -> str:
    number = ord(character)
    if number <= 0xFF:  # noqa: PLR2004 - what two digits can say
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"  # noqa: PLR2004


def _masked_digits(match: re.Match[str]) -> str:
    whole = match[0]
    written = match["international"] or match["plain"]
    places = [at for at, each in enumerate(written) if each.isdigit()]
    head, tail = _shown(len(places))
    hidden = places[head:-tail]
    shown = ("•" if at in hidden else each for at, each in enumerate(written))
    return whole.removesuffix(written) + "".join(shown)


def _shown(digits: int) -> tuple[int, int]:
    """How many digits at the beginning and at the end of a number are shown."""
    tail = min(_TAIL, digits - _HIDDEN - 1)
    return min(_HEAD, digits - _HIDDEN - tail), tail


def _masked(match: re.Match[str]) -> str:
    """The number without its middle: what separates the rest stays."""
    plus = match["plus"] or ""
    text = match[0].removeprefix(plus)
    places = [at for at, each in enumerate(text) if each.isdecimal()]
    head, tail = _shown(len(places))
    return f"{plus}{text[: places[head - 1] + 1]}•••{text[places[-tail] :]}"

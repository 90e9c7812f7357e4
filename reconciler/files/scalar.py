"""Scalar values by YAML 1.2: only ``true`` and ``false`` are booleans.

Every function returns None after it has noted what is wrong.
"""

import re
from types import MappingProxyType
from typing import Final

from yaml.nodes import Node, ScalarNode

from reconciler.files.yaml_text import Page

LARGEST: Final = 2**31 - 1
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

_MOST_DIGITS: Final = 18

_INTEGER: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_UNQUOTED: Final = re.compile(
    r"(?P<null>~|null|Null|NULL|)"
    r"|(?P<boolean>true|True|TRUE|false|False|FALSE)"
    r"|(?P<word>yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)"
    r"|(?P<number>[-+]?(?:[0-9][0-9_]*|0x[0-9a-fA-F_]+|0o[0-7_]+"
    r"|(?:\.[0-9_]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|\.(?:inf|Inf|INF))|\.(?:nan|NaN|NAN))"
)
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS: Final = MappingProxyType({"true": True, "false": False})
_MEANT: Final = MappingProxyType(
    dict.fromkeys(("y", "yes", "on"), "true")
    | dict.fromkeys(("n", "no", "off"), "false")
)


def untagged(page: Page, what: str, node: Node) -> bool:
    """Whether *node* has no YAML tag; one that has is noted."""
    if node.tag:
        page.wrong(node, f"{what} has a YAML tag", "remove the word that begins with !")
        return False
    return True


def is_plain(node: ScalarNode) -> bool:
    """Whether *node* stands without quotes."""
    return not node.style and not node.tag


def unquoted_form(node: ScalarNode) -> str | None:
    """What YAML takes an unquoted scalar for: null, boolean, word, number.

    None is text; ``word`` is a boolean for older YAML only.
    """
    if node.style:
        return None
    match = _UNQUOTED.fullmatch(node.value)
    return match.lastgroup if match else None


def scalar(page: Page, what: str, node: Node) -> ScalarNode | None:
    """*node* as a single value that is not null."""
    if not untagged(page, what, node):
        return None
    if not isinstance(node, ScalarNode):
        page.wrong(node, f"{what} must be a single value")
        return None
    if node.value in _NULLS and not node.style:
        page.wrong(node, f"{what} is null", "remove the key to leave it undeclared")
        return None
    return node


def text(page: Page, what: str, node: Node) -> str | None:
    """Text, with references to the environment replaced."""
    single = written(page, what, node)
    if single is None:
        return None
    value = page.replaced(node, single.value)
    if value is not None and CONTROL.search(value):
        page.wrong(node, f"{what} contains a line break or another control character")
        return None
    return value


def written(page: Page, what: str, node: Node) -> ScalarNode | None:
    """Text as it stands in the file."""
    single = scalar(page, what, node)
    if single is None:
        return None
    form = unquoted_form(single)
    if form is None:
        return single
    value = "…" if page.secret else single.value
    read_as = "a number" if form == "number" else "true or false"
    message = f"{what} must be text: quote it, because YAML reads {value} as {read_as}"
    page.wrong(node, message, f'write {what}: "{_with_plus(what, value)}"')
    return None


def _with_plus(what: str, value: str) -> str:
    """A phone's number needs its + as well as the quotes."""
    phone = what in {"to", "from"} and value.isdecimal() and value[:1] != "0"
    return f"+{value}" if phone else value


def boolean(page: Page, what: str, node: Node) -> bool | None:
    """``true`` or ``false`` without quotes."""
    if isinstance(node, ScalarNode) and node.value in _BOOLEANS and is_plain(node):
        return _BOOLEANS[node.value]
    single = scalar(page, what, node)
    if single is not None:
        hint = _boolean_hint(single.value)
        page.wrong(node, f"{what} must be true or false", hint)
    return None


def _boolean_hint(value: str) -> str:
    word = value.lower()
    if word in {"true", "false"}:
        return f"write {word}, in small letters and without quotes"
    if word in _MEANT:
        return f"write true or false (here: {_MEANT[word]})"
    return "write true or false; remove the key to leave it undeclared"


def integer(
    page: Page, what: str, node: Node, least: int | None, most: int | None
) -> int | None:
    """A whole number within bounds, without quotes."""
    single = scalar(page, what, node)
    if single is None:
        return None
    if single.style or not _INTEGER.fullmatch(single.value):
        bare = single.style and _INTEGER.fullmatch(single.value)
        hint = "remove the quotes" if bare else "write it in digits, such as 30"
        page.wrong(node, f"{what} must be a whole number", hint)
        return None
    low, high = bounds(least, most)
    digits = single.value
    if len(digits) > _MOST_DIGITS:
        digits = f"{digits[:_MOST_DIGITS]}…"
    elif low <= int(digits) <= high:
        return int(digits)
    page.wrong(node, f"{what} must be from {low} to {high}, not {digits}")
    return None


def bounds(least: int | None, most: int | None) -> tuple[int, int]:
    """The bounds that hold where Twilio names none."""
    return (0 if least is None else least, LARGEST if most is None else most)

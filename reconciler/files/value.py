"""One value of a Twilio parameter, checked against the table.

Every reader returns None after it has noted what is wrong.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from yaml.nodes import Node, ScalarNode, SequenceNode

from reconciler.files.endpoint import callee_fault, caller_fault
from reconciler.files.mapping import did_you_mean
from reconciler.files.scalar import boolean, integer, scalar, text, untagged, written
from reconciler.files.substitution import REFERENCE, ReferenceFault, looked_up
from reconciler.files.yaml_text import Page
from reconciler.model.masking import has_credentials, invisible, mask, steering
from reconciler.model.parameter import REFERABLE, Parameter, Secrecy, ValueKind
from reconciler.model.roster import Value

URL: Final = r"https?://[^\s/?#\\]+(?:[/?#][^\s\\]*)?"
LONGEST_URL: Final = 4096

Reader: TypeAlias = Callable[[Page, Parameter, Node], Value | None]

_URL: Final = re.compile(URL)
_REFERENCE_INSIDE: Final = re.compile(
    r"(?:[^?;]*[?;].*|sips?:[^@:]*:[^@]*)(?<!\$)\$\{", re.IGNORECASE
)
"""A reference in the parameters of an address, or its password."""


def read_value(page: Page, parameter: Parameter, node: Node) -> Value | None:
    if parameter.secrecy is not Secrecy.OPEN:
        return _secret(page, parameter, node)
    return _READERS[parameter.kind](page, parameter, node)


def as_written(what: str, node: Node, value: str) -> str:
    """*value*, or the references that it came from: they are looked up when sent.

    What a reference stands for is checked here, and neither stored nor shown.
    """
    kept = what in REFERABLE and isinstance(node, ScalarNode) and "${" in node.value
    return node.value if kept else value


def read_word(page: Page, what: str, node: Node, words: tuple[str, ...]) -> str | None:
    """One of *words*; unquoted true and false are words where they are listed."""
    single = scalar(page, what, node)
    if single is None:
        return None
    value = page.replaced(node, single.value)
    if value is None or value in words:
        return value
    hint = did_you_mean(value, words) if value == single.value else ""
    message = f"{what} must be one of {', '.join(words)}"
    page.wrong(node, message, hint or _true_or_false(single, words))
    return None


def _true_or_false(node: ScalarNode, words: tuple[str, ...]) -> str:
    yes_or_no = node.value.lower() in {"yes", "no", "on", "off", "y", "n"}
    return "write true or false" if yes_or_no and "true" in words else ""


def read_words(
    page: Page, what: str, node: Node, words: tuple[str, ...]
) -> tuple[str, ...] | None:
    """Some of *words*, in the order of *words*: a list, or text with spaces."""
    if not untagged(page, what, node):
        return None
    if isinstance(node, SequenceNode):
        read = [read_word(page, what, each, words) for each in node.value]
        found = None if None in read else [each for each in read if each]
    else:
        found = _split(page, what, node, words)
    if found is None:
        return None
    return tuple(word for word in words if word in found)


def _split(
    page: Page, what: str, node: Node, words: tuple[str, ...]
) -> list[str] | None:
    written = text(page, what, node)
    if written is None:
        return None
    found = written.split()
    strange = next((each for each in found if each not in words), None)
    if found and strange is None:
        return found
    hint = did_you_mean(strange, words) if strange else ""
    page.wrong(node, f"{what} must be some of {', '.join(words)}", hint)
    return None


def _boolean(page: Page, parameter: Parameter, node: Node) -> bool | None:
    return boolean(page, parameter.name, node)


def _integer(page: Page, parameter: Parameter, node: Node) -> int | None:
    return integer(page, parameter.name, node, parameter.least, parameter.most)


def _text(page: Page, parameter: Parameter, node: Node) -> str | None:
    value = text(page, parameter.name, node)
    if value is None:
        return None
    if hidden := steering(value):
        message = f"{parameter.name} contains {hidden}, which changes how text is shown"
        page.wrong(node, message, "remove it")
        return None
    if _fits(parameter, value):
        return as_written(parameter.name, node, value)
    least, most = parameter.least or 0, parameter.most
    length = f"{least} to {most}" if most else f"at least {least}"
    page.wrong(node, f"{parameter.name} must have {length} characters")
    return None


def _fits(parameter: Parameter, value: str) -> bool:
    long_enough = len(value) >= (parameter.least or 0)
    return long_enough and (parameter.most is None or len(value) <= parameter.most)


def _word(page: Page, parameter: Parameter, node: Node) -> str | None:
    return read_word(page, parameter.name, node, parameter.words)


def _words(page: Page, parameter: Parameter, node: Node) -> tuple[str, ...] | None:
    value = read_words(page, parameter.name, node, parameter.words)
    if value == ():
        page.wrong(
            node, f"{parameter.name} is empty", "remove the key to leave it undeclared"
        )
        return None
    return value


def _url(page: Page, parameter: Parameter, node: Node) -> str | None:
    return read_url(page, parameter.name, node, empty=parameter.empty)


def read_url(page: Page, what: str, node: Node, *, empty: bool) -> str | None:
    """An http or https URL; "" too where *empty*."""
    value = text(page, what, node)
    if value is None or (empty and not value):
        return value
    if len(value) <= LONGEST_URL and _URL.fullmatch(value):
        allowed = _allowed_host(page, what, node, value)
        return None if allowed is None else as_written(what, node, allowed)
    silence = ' ("" is silence)' if empty else ""
    page.wrong(
        node,
        f"{what} must be an http or https URL{silence}",
        "write https://host/path, with %20 for a space and %5C for a backslash",
    )
    return None


def _allowed_host(page: Page, what: str, node: Node, url: str) -> str | None:
    """*url* if the policy lets Twilio call it, or play what it gives."""
    media = not what.endswith("callback")
    fault = page.policy.host_fault(url, media=media)
    if fault is None:
        return url
    page.wrong(node, f"{what}: this host is not allowed: {fault}")
    return None


def _endpoint(page: Page, parameter: Parameter, node: Node) -> str | None:
    value = text(page, parameter.name, node)
    if value is None or _would_be_stored(page, parameter.name, node):
        return None
    if hidden := invisible(value, allowed=""):
        message = f"{parameter.name} contains {hidden}, which is invisible"
        page.wrong(node, message, "remove it")
        return None
    fault = callee_fault(value) if parameter.name == "to" else caller_fault(value)
    if fault is None:
        return _allowed(page, node, value) if parameter.name == "to" else value
    as_written = isinstance(node, ScalarNode) and node.value == value
    credentials = has_credentials(fault.hint)
    page.secret = page.secret or credentials
    hint = fault.hint if as_written and not credentials else ""
    page.wrong(node, f"{parameter.name}: {fault.message}", hint)
    return None


def _would_be_stored(page: Page, what: str, node: Node) -> bool:
    """Whether an address has a reference where secrets stand; it is noted."""
    if not (isinstance(node, ScalarNode) and _REFERENCE_INSIDE.match(node.value)):
        return False
    page.wrong(
        node,
        f"{what}: the value of a reference in the parameters or the password of an "
        "address would be stored",
        "write them without references and without secrets; use sip_auth_password for "
        "the password",
    )
    return True


def _allowed(page: Page, node: Node, address: str) -> str | None:
    """*address* if the policy lets it be called."""
    fault = page.policy.address_fault(address)
    if fault is None:
        return address
    page.wrong(node, f"to: {mask(address)} is not allowed: {fault}")
    return None


def _secret(page: Page, parameter: Parameter, node: Node) -> str | None:
    """A text that no message shows; as a reference where the table wants one."""
    if not (isinstance(node, ScalarNode) and REFERENCE.fullmatch(node.value)):
        page.secret = True
    if parameter.secrecy is Secrecy.MASKED:
        return _text(page, parameter, node)
    single = written(page, parameter.name, node)
    if single is None:
        return None
    reference = REFERENCE.fullmatch(single.value)
    if reference is None:
        page.wrong(
            node,
            f"{parameter.name} must not be written in a file",
            f'put it in the environment and write {parameter.name}: "${{NAME}}"',
        )
        return None
    return _kept(page, node, reference)


def _kept(page: Page, node: Node, reference: re.Match[str]) -> str | None:
    try:
        looked_up(reference[1], page.environ, page.policy.reads)
    except ReferenceFault as fault:
        page.wrong(node, str(fault), fault.hint)
        return None
    return reference[0]


_READERS: Final[Mapping[ValueKind, Reader]] = MappingProxyType(
    {
        ValueKind.BOOLEAN: _boolean,
        ValueKind.INTEGER: _integer,
        ValueKind.TEXT: _text,
        ValueKind.WORD: _word,
        ValueKind.WORDS: _words,
        ValueKind.URL: _url,
        ValueKind.ENDPOINT: _endpoint,
    }
)

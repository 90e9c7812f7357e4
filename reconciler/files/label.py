"""Labels: keys of participants, and their names at Twilio."""

import re
from typing import Final

from yaml.nodes import ScalarNode

from reconciler.files.scalar import CONTROL, unquoted_form
from reconciler.files.yaml_text import Page
from reconciler.model.masking import invisible

LONGEST: Final = 128
CALL_SID: Final = r"CA[0-9a-fA-F]{32}"
LABEL: Final = (
    r"(?!CA[0-9a-fA-F]{32}$)(?!.*%2[fF])[^\s/](?:[^/\x00-\x1f\x7f-\x9f]*[^\s/])?"
)

_SLASH: Final = re.compile("/|%2[fF]")
_CALL_SID: Final = re.compile(CALL_SID)
_LABEL: Final = re.compile(LABEL)
_READ_AS: Final = {
    "null": "null",
    "boolean": "true or false",
    "word": "true or false",
    "number": "a number",
}


def is_call_sid(text: str) -> bool:
    """Whether *text* has the shape of a call SID."""
    return _CALL_SID.fullmatch(text) is not None


def declarable(label: str) -> bool:
    """Whether a roster may have *label* as a key."""
    fits = _LABEL.fullmatch(label) is not None and len(label) <= LONGEST
    return fits and not invisible(label)


def check_label(page: Page, key: ScalarNode) -> None:
    """Note what is wrong with *key* as a label."""
    label = key.value
    form = unquoted_form(key)
    if key.tag:
        page.wrong(key, "a label has a YAML tag", "remove the word that begins with !")
    elif form is not None:
        message = f"a label must be text, and YAML reads {label} as {_READ_AS[form]}"
        page.wrong(key, message, f'quote it: "{label}":')
    else:
        _check_text(page, key, label)


def _check_text(page: Page, key: ScalarNode, label: str) -> None:
    if not 0 < len(label) <= LONGEST:
        page.wrong(key, f"a label has 1 to {LONGEST} characters, not {len(label)}")
    elif slash := _SLASH.search(label):
        message = f"a label must not contain {slash[0]}"
        page.wrong(key, message, f"write {_SLASH.sub('-', label)!r}")
    elif is_call_sid(label):
        message = "a label must not have the shape of a call SID"
        page.wrong(key, message, "Twilio would read it as the SID of a call")
    elif label != label.strip():
        message = "a label must not begin or end with a space"
        page.wrong(key, message, f"write {label.strip()!r}")
    elif CONTROL.search(label):
        page.wrong(key, "a label contains a line break or another control character")
    elif hidden := invisible(label):
        page.wrong(key, f"a label contains {hidden}, which is invisible", "remove it")

"""Single values of a policy file: prefixes, regions, hosts, variables, folders.

Each function returns the value as the policy has it, None after it has noted what is
wrong: an empty value, or one that nothing matches, is a mistake; ``*`` is everything.
"""

import os
import re
from ipaddress import ip_address
from types import MappingProxyType
from typing import Final

from yaml.nodes import Node

from reconciler.files.scalar import text
from reconciler.files.yaml_text import Page
from reconciler.model.number import NO_COUNTRY, regions

_SCHEMES: Final = ("client:", "sip:", "sips:", "app:")
_NUMBER: Final = re.compile(r"\+(?:[1-9*][0-9*]*)?")
_VARIABLE: Final = re.compile(r"[A-Za-z_*][A-Za-z0-9_*]*")
_HOST: Final = re.compile(r"[a-z0-9_*-]+(?:\.[a-z0-9_*-]+)*")
_REGIONS: Final = MappingProxyType({"UK": "GB", "EN": "GB", "EL": "GR", "USA": "US"})
"""What people write for an ISO code."""


def word(page: Page, what: str, node: Node) -> str | None:
    """Text with something in it, and no white space around it."""
    found = text(page, what, node)
    if found is None or (found and found == found.strip()):
        return found
    if found.strip():
        page.wrong(
            node, f"{what} begins or ends with a space", f"write {found.strip()}"
        )
    else:
        page.wrong(node, f"{what} is empty", "remove it, or write what it stands for")
    return None


def address_prefix(page: Page, what: str, node: Node) -> str | None:
    """What an address may begin with, such as ``+44``, ``client:`` or ``sip:*@pbx``."""
    found = word(page, what, node)
    if found is None or _is_prefix(found):
        return found
    message = f"no address begins with {found!r}"
    page.wrong(node, message, f"write such as {_meant_prefix(found)}")
    return None


def _is_prefix(prefix: str) -> bool:
    if re.search(r"\s", prefix):
        return False
    if prefix.startswith("+"):
        return bool(_NUMBER.fullmatch(prefix))
    return prefix.startswith("*") or any(
        prefix.startswith(each) or each.startswith(prefix.partition("*")[0])
        for each in _SCHEMES
    )


def _meant_prefix(prefix: str) -> str:
    digits = re.sub(r"\D", "", prefix).lstrip("0")
    if digits and not re.search("[A-Za-z]", prefix):
        return f'"+{digits}"'
    scheme, colon, _ = prefix.partition(":")
    known = f"{scheme.strip().lower()}{colon}"
    return (
        f'"{known}"' if known in _SCHEMES else '"+44", "client:" or "sip:*@pbx.example"'
    )


def region(page: Page, what: str, node: Node) -> str | None:
    """An ISO code of a region that numbers have."""
    found = word(page, what, node)
    if found is None or found in regions():
        return found
    message = f"{found!r} is not a region that numbers have"
    page.wrong(node, message, _meant_region(found.upper()))
    return None


def _meant_region(code: str) -> str:
    meant = _REGIONS.get(code, code)
    if meant in regions():
        return f"write {meant}"
    return f"write ISO codes such as US, or {NO_COUNTRY} for numbers of no country"


def host(page: Page, what: str, node: Node) -> str | None:
    """A host in small letters, with ``*`` for any text."""
    found = word(page, what, node)
    if found is None:
        return None
    lowered = found.lower()
    if _HOST.fullmatch(lowered) or _is_address(lowered):
        return lowered
    message = f"{found!r} is not a host"
    page.wrong(node, message, f"write the host alone, such as {_meant_host(lowered)}")
    return None


def _meant_host(text: str) -> str:
    bare = re.split(r"[/?#]", re.sub(r"^[a-z]+://", "", text), maxsplit=1)[0]
    bare = bare.rpartition("@")[2].strip("[]")
    if not _is_address(bare):
        bare = bare.partition(":")[0].rstrip(".")
        bare = f"*{bare}" if bare.startswith(".") else bare
    is_host = _HOST.fullmatch(bare) or _is_address(bare)
    return bare if is_host else "hooks.example.com"


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def variable(page: Page, what: str, node: Node) -> str | None:
    """The name of an environment variable that rosters may read, or a pattern."""
    found = word(page, what, node)
    if found is None:
        return None
    if found.startswith(("TWILIO_", "RECONCILER_")):
        hint = "use another variable name for rosters"
        page.wrong(node, f"rosters may not read {found}", hint)
        return None
    if not _VARIABLE.fullmatch(found):
        bare = found.strip("${}")
        hint = f"write {bare if _VARIABLE.fullmatch(bare) else 'ROSTER_*'}"
        page.wrong(node, f"{found!r} is not the name of a variable", hint)
        return None
    return found


def folder(page: Page, what: str, node: Node) -> str | None:
    """The absolute path of a folder; a relative one begins at the policy's folder.

    One that is not there is warned of: it may have gone with its last file.
    """
    found = word(page, what, node)
    return None if found is None else _folder(page, node, found)


def absolute_folder(page: Page, what: str, node: Node) -> str | None:
    """The path of a folder, which must be absolute as it stands."""
    found = word(page, what, node)
    if found is None:
        return None
    if not os.path.isabs(found):  # noqa: PTH117 - links kept
        hint = f"write {beside(page, found)}"
        page.wrong(node, f"{what} must be an absolute path, not {found}", hint)
        return None
    return _folder(page, node, found)


def _folder(page: Page, node: Node, path: str) -> str:
    absolute = beside(page, path)
    if not os.path.isdir(absolute):  # noqa: PTH112 - as above
        state = "not a folder" if os.path.exists(absolute) else "no such folder"  # noqa: PTH110
        hint = "create it, or correct the path; a relative one begins at this file's folder"
        page.warn(node, f"{absolute}: {state}", hint)
    return absolute


def beside(page: Page, path: str) -> str:
    base = os.path.dirname(os.path.abspath(page.file))  # noqa: PTH100, PTH120
    return os.path.normpath(os.path.join(base, path))  # noqa: PTH118 - links kept

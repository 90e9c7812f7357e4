"""SIP addresses that may reach another host than they seem to name."""

import re
from typing import Final

HOST: Final = r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]"
"""A host that every client reads alike: no user, escape or other script."""

_HOST: Final = re.compile(rf"(?:{HOST})(?::[0-9]+)?")
_SIP: Final = re.compile(
    r"sips?:(?P<user>[^@?]*)@(?P<host>[^;?@]*)(?P<parameters>[^?]*)"
    r"(?:\?(?P<headers>.*))?",
    re.IGNORECASE | re.DOTALL,
)
_ENCODED: Final = re.compile(r"%(?:40|3[abf]|2f|5c|[01][0-9a-f]|7f)", re.IGNORECASE)
"""What ends a part of an address, percent-encoded."""

_PARAMETER: Final = "transport"
_HEADER: Final = "x-"


def ambiguity(address: str) -> str | None:
    """Why a rule about *address* might not hold for what is called, None if it does.

    ``maddr`` and ``Route`` send a call elsewhere; an encoded ``@`` hides a host.
    """
    if not address.lower().startswith(("sip:", "sips:")):
        return None
    match = _SIP.fullmatch(address)
    if match is None or not _HOST.fullmatch(match["host"]):
        return "with addresses in the policy, a SIP address must be sip:user@host"
    if _ENCODED.search(match["user"]) or "\\" in match["user"]:
        return "with addresses in the policy, a SIP user has no encoded @ ; / or :"
    if name := _strange(f"{_parameters(match['user'])}{match['parameters']}"):
        message = "with addresses in the policy, a SIP address has no parameter but"
        return f"{message} {_PARAMETER}, and this one has {name}"
    if name := _strange_header(match["headers"] or ""):
        message = "with addresses in the policy, a SIP address has no header but X-…"
        return f"{message}, and this one has {name}"
    return None


def _parameters(user: str) -> str:
    return "".join(user.partition(";")[1:])


def _strange(parameters: str) -> str:
    """The first parameter that is not allowed, "" if none."""
    names = (each.partition("=")[0] for each in parameters.split(";")[1:])
    return next((name or ";" for name in names if name.lower() != _PARAMETER), "")


def _strange_header(headers: str) -> str:
    names = (each.partition("=")[0] for each in headers.split("&") if each)
    return next((name for name in names if not name.lower().startswith(_HEADER)), "")

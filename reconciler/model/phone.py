"""Normal form of addresses: equal for addresses that reach the same phone."""

from urllib.parse import unquote

_DEFAULT_PORTS = {"sip": "5060", "sips": "5061"}


def normal_address(address: str) -> str:
    """*address* as one phone is known by, however it is written.

    | address                          | normal form                           |
    |----------------------------------|---------------------------------------|
    | ``+15551230001``                 | itself                                |
    | ``client:bob?team=a``            | ``client:bob``: no custom parameters  |
    | ``sip:Ann@PBX:5060;transport=x`` | ``sip:Ann@pbx``: no parameters, no    |
    |                                  | default port, host in lower case      |
    | ``sips:ann@pbx``                 | ``sip:ann@pbx``                       |
    | ``app:AP…?x=y``                  | ``app:AP…``                           |

    Names of clients and users of SIP keep their case (RFC 3261 §19.1.4).
    """
    if address.startswith("+"):
        return address
    scheme, colon, rest = address.partition(":")
    if not colon:
        return address
    scheme, rest = scheme.lower(), rest.partition("?")[0]
    if scheme in _DEFAULT_PORTS:
        return _sip(scheme, rest)
    return f"{scheme}:{rest}"


def _sip(scheme: str, rest: str) -> str:
    user, at, where = rest.rpartition("@")
    host, *parameters = where.lower().split(";")
    default = "sips" if "transport=tls" in parameters else scheme
    return f"sip:{unquote(user)}{at}{host.removesuffix(':' + _DEFAULT_PORTS[default])}"

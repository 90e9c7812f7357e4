"""Requests as the API sees them, and its answers."""

from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import parse_qsl, unquote

from msgspec import Struct, field
from starlette.types import Receive

from reconciler.simulator.exchange.checked_form import Fields
from reconciler.simulator.http.json_body import Body


class ApiRequest(Struct, frozen=True):
    """A request. ``path`` is as it was sent, percent-encoding and all.

    ``origin`` is scheme and host, ``authorization`` that header or empty, and
    ``token`` an idempotency token or empty.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    form: Fields = field(default_factory=dict)
    origin: str = ""
    authorization: str = ""
    token: str = ""

    @property
    def parts(self) -> tuple[str, ...]:
        """The path's segments, decoded, without ``.json`` at the end."""
        return parts_of(self.path)

    @property
    def filters(self) -> Mapping[str, str]:
        """The query by name, the last value of each."""
        return dict(self.query)


class ApiAnswer(Struct, frozen=True):
    """A status and what is said; None is nothing."""

    status: int
    body: Body | None
    ignored: tuple[str, ...] = ()


@lru_cache(1024)
def parts_of(path: str) -> tuple[str, ...]:
    """The segments of *path*, decoded, without ``.json`` at the end."""
    path = path.removeprefix("/").removesuffix(".json")
    return tuple(unquote(part) for part in path.split("/"))


@lru_cache(1024)
def read_query(query: str) -> tuple[tuple[str, str], ...]:
    """The query's names and values in order; an empty value is a value."""
    return tuple(parse_qsl(query, keep_blank_values=True))


def read_form(body: bytes) -> Fields:
    """The values of a form by name; an empty value is a value."""
    fields: dict[str, tuple[str, ...]] = {}
    for name, value in parse_qsl(
        body.decode("utf-8", "replace"), keep_blank_values=True
    ):
        fields[name] = (*fields.get(name, ()), value)
    return fields


async def read_body(receive: Receive) -> bytes:
    """The whole body of an ASGI request."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body

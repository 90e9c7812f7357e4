"""Pages of a listing, with Twilio's tokens and URIs."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Generic, Protocol, TypeVar
from urllib.parse import urlencode

from msgspec import Struct

from reconciler.simulator.exchange.api_error import (
    BAD_PAGE_SIZE,
    BAD_PARAMETER,
    ApiError,
)
from reconciler.simulator.http.json_body import Body
from reconciler.simulator.http.request import ApiRequest

_PAGING = frozenset({"PageSize", "Page", "PageToken"})
_DEFAULT, _MOST = 50, 1000


class Numbered(Protocol):
    """A record with its SID and its place in the order of creation."""

    @property
    def sid(self) -> str:
        """What a token names."""

    @property
    def serial(self) -> int:
        """Greater for newer records."""


N = TypeVar("N", bound=Numbered)


class Listing(Struct, Generic[N], frozen=True):
    """Records by name, newest first.

    ``serials`` are those of all SIDs there ever were, so that a token holds its
    place when its record has gone.
    """

    name: str
    records: Sequence[N]
    render: Callable[[N], Body]
    serials: Mapping[str, int]


def make_page(listing: Listing[N], request: ApiRequest, *, absolute: bool) -> Body:
    """One page; *absolute* puts scheme and host in front of the next page's URI."""
    size, number = _size(request), read_number(request, "Page", 0)
    start, shown = _cut(listing, request, size, number)
    more = start + len(shown) < len(listing.records)
    origin = request.origin if absolute else ""
    return {
        listing.name: [listing.render(each) for each in shown],
        "first_page_uri": _uri(request, size, 0),
        "next_page_uri": origin + _uri(request, size, number + 1, f"PA{shown[-1].sid}")
        if more and shown
        else None,
        "previous_page_uri": _uri(request, size, number - 1, f"PB{shown[0].sid}")
        if start and number and shown
        else None,
        "uri": _uri(request, size, number, request.filters.get("PageToken", "")),
        "page": number,
        "page_size": size,
        "start": number * size if shown else 0,
        "end": number * size + len(shown) - 1 if shown else 0,
    }


def _cut(
    listing: Listing[N], request: ApiRequest, size: int, number: int
) -> tuple[int, Sequence[N]]:
    records = listing.records
    token = request.filters.get("PageToken", "")
    if not token:
        return number * size, records[number * size :][:size]
    place = listing.serials.get(token[2:])
    if place is None or token[:2] not in {"PA", "PB"}:
        raise ApiError(BAD_PARAMETER, f"Invalid PageToken: {token}")
    newer = sum(record.serial > place for record in records)
    if token.startswith("PB"):
        start = max(0, newer - size)
        return start, records[start:newer]
    start = sum(record.serial >= place for record in records)
    return start, records[start:][:size]


def _size(request: ApiRequest) -> int:
    size = read_number(request, "PageSize", _DEFAULT)
    if not 1 <= size <= _MOST:
        raise ApiError(BAD_PAGE_SIZE)
    return size


def read_number(request: ApiRequest, name: str, otherwise: int) -> int:
    """The number of the query named *name*; ApiError if it is none."""
    written = request.filters.get(name, str(otherwise))
    if not written.isdecimal():
        raise ApiError(BAD_PARAMETER, f"Invalid {name}: {written}")
    return int(written)


def _uri(request: ApiRequest, size: int, number: int, token: str = "") -> str:
    filters = [each for each in request.query if each[0] not in _PAGING]
    paging = [("PageSize", str(size)), ("Page", str(number))]
    tokens = [("PageToken", token)] if token else []
    return f"{request.path}?{_encoded((*filters, *paging, *tokens))}"


@lru_cache(1024)
def _encoded(query: tuple[tuple[str, str], ...]) -> str:
    return urlencode(query)

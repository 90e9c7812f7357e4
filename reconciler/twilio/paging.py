"""Listings, page by page, to the true end or to an error."""

from collections.abc import AsyncIterator, Callable
from typing import TypeVar

import httpx

from reconciler.model.errors import TransientError
from reconciler.twilio.form import Form
from reconciler.twilio.line import Line

T = TypeVar("T")
_MOST_PAGES = 500


async def pages(
    line: Line,
    operation: str,
    url: str,
    *,
    key: str,
    read: Callable[[bytes], tuple[tuple[T, ...], str | None]],
    query: Form,
) -> AsyncIterator[tuple[T, ...]]:
    """The pages of the listing *key*, in Twilio's order, each fetched when asked for.

    *read* gives the items of a page's bytes, and the link to the next page.
    TransientError for a page that is lost, malformed, on another host or had
    been read before: who iterates to the end without it has the whole listing.
    """
    seen: set[str] = set()
    items, following = await line.get(operation, url, read, query)
    yield items
    while following is not None:
        address = line.account.follow(following)
        token = httpx.URL(address).params.get("PageToken") or address
        if token in seen or len(seen) >= _MOST_PAGES:
            raise TransientError(
                f"{operation}: the pages of {key} do not come to an end"
            )
        seen.add(token)
        items, following = await line.get(operation, address, read)
        yield items


async def collected(found: AsyncIterator[tuple[T, ...]]) -> tuple[T, ...]:
    """All items of all pages."""
    return tuple([item async for page in found for item in page])

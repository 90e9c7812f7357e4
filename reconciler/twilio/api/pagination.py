"""Reads all pages of a listing, or fails."""

from collections.abc import AsyncIterator, Callable
from typing import TypeVar

import httpx

from reconciler.model.errors import CredentialsRefused, TerminalError, TransientError
from reconciler.twilio.api.form import Form
from reconciler.twilio.api.session import ApiSession

T = TypeVar("T")
_MOST_PAGES = 500


async def pages(
    session: ApiSession,
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
    items, following = await session.get(operation, url, read, query)
    yield items
    while following is not None:
        address = session.account.follow(following)
        token = httpx.URL(address).params.get("PageToken") or address
        if token in seen or len(seen) >= _MOST_PAGES:
            raise TransientError(f"{operation}: the pages of {key} do not end")
        seen.add(token)
        items, following = await _next(session, operation, address, read)
        yield items


async def _next(
    session: ApiSession,
    operation: str,
    address: str,
    read: Callable[[bytes], tuple[tuple[T, ...], str | None]],
) -> tuple[tuple[T, ...], str | None]:
    """A page after the first: refused, the listing is not whole, and may be later."""
    try:
        return await session.get(operation, address, read)
    except CredentialsRefused:
        raise
    except TerminalError as error:
        raise TransientError(
            f"{operation}: a page was refused: {error}",
            status=error.status,
            code=error.code,
            request_id=error.request_id,
        ) from error


async def collected(found: AsyncIterator[tuple[T, ...]]) -> tuple[T, ...]:
    """All items of all pages."""
    return tuple([item async for page in found for item in page])

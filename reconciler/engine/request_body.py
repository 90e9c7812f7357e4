"""The body of a request that came in: not too long, and not too slow."""

import asyncio
from collections.abc import AsyncIterable
from typing import Final

BODY_TIMEOUT_SECONDS: Final = 10.0
"""Seconds within which a body has to come."""

LONGEST_LENGTH: Final = 18
"""Digits of a Content-Length that are read."""


class OversizedBody(Exception):  # noqa: N818 - a fact of the request
    """The body is longer than allowed, or says so."""


class SlowBody(Exception):  # noqa: N818 - a fact of the request
    """The body did not come in time."""


async def read_request_body(
    pieces: AsyncIterable[bytes],
    declared_length: str | None,
    most_bytes: int,
) -> bytes:
    """All of *pieces*; OversizedBody by the Content-Length already, or SlowBody."""
    said = "0" if declared_length is None else declared_length
    if not said.isdecimal() or int(said[:LONGEST_LENGTH]) > most_bytes:
        raise OversizedBody
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_TIMEOUT_SECONDS):
            async for piece in pieces:
                body += piece
                if len(body) > most_bytes:
                    raise OversizedBody
    except TimeoutError:
        raise SlowBody from None
    return bytes(body)

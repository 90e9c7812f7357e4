"""Decompresses response bodies within bounds (decompression bombs)."""

import zlib
from typing import Final

import httpx

from reconciler.twilio.http.response_parser import MOST_ANSWER

MAX_UNPACKED_BYTES: Final = 16 * 1024 * 1024
"""A page of a thousand calls has about two million."""

_GZIP: Final = zlib.MAX_WBITS | 16
_ZLIB_HEADER: Final = 0x0F
_ZLIB_METHOD: Final = 8


async def whole(response: httpx.Response) -> bytes:
    """The body, read to its end and unpacked; DecodingError as ``unpacked``."""
    if response.is_stream_consumed:
        return await response.aread()
    coding = response.headers.get("Content-Encoding", "")
    return unpacked(coding, await _received(response))


async def _received(response: httpx.Response) -> bytes:
    """The body as it was sent; one that is already here is not streamed."""
    if isinstance(response.stream, httpx.ByteStream):
        return _bounded(b"".join(response.stream))
    received = bytearray()
    async for piece in response.aiter_raw():
        received += _bounded(piece, len(received))
    return bytes(received)


def _bounded(piece: bytes, before: int = 0) -> bytes:
    if before + len(piece) > MOST_ANSWER:
        raise httpx.DecodingError(f"the response has more than {MOST_ANSWER} bytes")
    return piece


def unpacked(coding: str, body: bytes) -> bytes:
    """*body* without its content coding, one at most: gzip, deflate or none.

    DecodingError for another coding, several, a body that is cut short or none
    of its coding, and more than MAX_UNPACKED_BYTES.
    """
    name = coding.strip().lower()
    if not body or name in {"", "identity"}:
        return body
    if name not in {"gzip", "deflate"}:
        raise httpx.DecodingError(f"unrequested content coding: {name!r}")
    try:
        return _inflated(body, _GZIP if name == "gzip" else _window(body))
    except zlib.error as error:
        raise httpx.DecodingError(f"the body is not {name}: {error}") from error


def _inflated(body: bytes, window: int) -> bytes:
    inflater = zlib.decompressobj(window)
    content = inflater.decompress(body, MAX_UNPACKED_BYTES)
    if inflater.unconsumed_tail and inflater.decompress(inflater.unconsumed_tail, 1):
        raise httpx.DecodingError(
            f"the response has more than {MAX_UNPACKED_BYTES} bytes unpacked"
        )
    if not inflater.eof:
        raise httpx.DecodingError("the compressed body is truncated")
    return content


def _window(body: bytes) -> int:
    """Deflate comes with zlib's header, as it should, or without."""
    headed = body[0] & _ZLIB_HEADER == _ZLIB_METHOD
    return zlib.MAX_WBITS if headed else -zlib.MAX_WBITS

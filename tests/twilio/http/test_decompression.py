"""Compressed answers: unpacked within bounds, and no further."""

import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.errors import TransientError, UnknownOutcome
from reconciler.twilio.http import decompression
from reconciler.twilio.http.decompression import MAX_UNPACKED_BYTES, unpacked, whole
from tests.twilio.samples import CONFERENCE
from tests.twilio.wire_server import Reply, client, serving

BOMB = gzip.compress(b" " * 3 * MAX_UNPACKED_BYTES)


def _raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


@given(st.binary(max_size=3000))
def test_every_coding_that_is_asked_for_gives_the_body_back(body: bytes) -> None:
    for coding, packed in (
        ("gzip", gzip.compress(body)),
        (" GZIP ", gzip.compress(body)),
        ("deflate", zlib.compress(body)),
        ("", body),
        ("identity", body),
    ):
        assert unpacked(coding, packed) == body
    assert unpacked("deflate", _raw_deflate(b"{" + body)) == b"{" + body


def test_a_body_of_just_the_greatest_size_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(decompression, "MAX_UNPACKED_BYTES", 1000)
    assert unpacked("gzip", gzip.compress(b"a" * 1000)) == b"a" * 1000
    for pack in (gzip.compress, zlib.compress, _raw_deflate):
        coding = "gzip" if pack is gzip.compress else "deflate"
        with pytest.raises(httpx.DecodingError, match="more than 1000 bytes"):
            unpacked(coding, pack(b"a" * 1001))


def test_a_bomb_takes_no_more_memory_than_the_bound() -> None:
    tracemalloc.start()
    with pytest.raises(httpx.DecodingError, match="unpacked"):
        unpacked("gzip", BOMB)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * MAX_UNPACKED_BYTES


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip, gzip", gzip.compress(gzip.compress(b"{}"))),
        ("br", b"x"),
        ("zstd", b"x"),
        ("gzip", b"no gzip"),
        ("deflate", b"\x78no"),
        ("gzip", gzip.compress(b"{}" * 100)[:-9]),
    ],
    ids=["twice", "br", "zstd", "no-gzip", "no-deflate", "cut"],
)
def test_other_and_several_codings_and_cut_bodies_are_errors(
    coding: str, body: bytes
) -> None:
    with pytest.raises(httpx.DecodingError):
        unpacked(coding, body)


def _packed(status: int) -> Reply:
    head = (
        f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n"
        f"Content-Encoding: gzip\r\nContent-Length: {len(BOMB)}\r\n\r\n"
    )
    return Reply(head.encode() + BOMB)


@pytest.mark.parametrize("proxied", [False, True])
@pytest.mark.parametrize("status", [200, 500])
async def test_a_read_with_a_bomb_for_an_answer_is_a_passing_fault(
    monkeypatch: pytest.MonkeyPatch, status: int, proxied: bool
) -> None:
    async with serving(_packed(status)) as server:
        if proxied:
            monkeypatch.setenv("http_proxy", server.url)
        url = "http://twilio.test" if proxied else server.url
        async with client(url) as twilio:
            with pytest.raises(TransientError, match="unpacked"):
                await twilio.participants.list(CONFERENCE)


@pytest.mark.parametrize("proxied", [False, True])
async def test_a_create_with_a_bomb_for_an_answer_may_have_rung(
    monkeypatch: pytest.MonkeyPatch, proxied: bool
) -> None:
    async with serving(_packed(201)) as server:
        if proxied:
            monkeypatch.setenv("http_proxy", server.url)
        url = "http://twilio.test" if proxied else server.url
        async with client(url) as twilio:
            with pytest.raises(UnknownOutcome, match="unpacked"):
                await twilio.participants.create("standup", ())


class _Pieces(httpx.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        for each in (b"ab", b"cd"):
            yield each


@pytest.mark.parametrize("stream", [httpx.ByteStream(b"abcd"), _Pieces()])
async def test_a_body_is_read_whole_and_no_further_than_its_bound(
    monkeypatch: pytest.MonkeyPatch, stream: httpx.AsyncByteStream
) -> None:
    monkeypatch.setattr(decompression, "MOST_ANSWER", 4)
    assert await whole(httpx.Response(200, stream=stream)) == b"abcd"
    monkeypatch.setattr(decompression, "MOST_ANSWER", 3)
    with pytest.raises(httpx.DecodingError, match="more than 3 bytes"):
        await whole(httpx.Response(200, stream=stream))

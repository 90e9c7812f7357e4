"""Bodies of forms: too long, too slow, and where the client says so or not."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from reconciler.engine import request_body
from reconciler.page.submitted_form import MOST_BYTES
from tests.page.page_desk import ROOM, SAME, PageDesk
from tests.page.served import served


async def _sent(url: str, length: int) -> bytes:
    """What a client hears that announces *length* bytes and sends ten."""
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = (
        f"POST /sign-in HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: {url}\r\n"
        f"Sec-Fetch-Site: same-origin\r\nContent-Length: {length}\r\n\r\ntoken=0123"
    )
    writer.write(head.encode())
    try:
        async with asyncio.timeout(30):
            return await reader.read()
    finally:
        writer.close()


async def test_a_form_that_says_it_is_too_long_is_refused_before_it_comes(
    desk: PageDesk,
) -> None:
    async with served(desk) as url:
        heard = await _sent(url, 50_000_000)
    assert heard.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in heard.lower()


async def test_a_form_that_does_not_come_is_given_up(
    desk: PageDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_body, "BODY_TIMEOUT_SECONDS", 0.1)
    async with served(desk) as url:
        heard = await _sent(url, 99)
    assert heard.startswith(b"HTTP/1.1 408 ")
    assert b"did not come in time" in heard


async def _pieces() -> AsyncIterator[bytes]:
    for _ in range(2 * MOST_BYTES // 1000):
        yield b"a" * 1000


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize("path", ["/sign-in", f"/rooms/{ROOM}/do/pause"])
async def test_every_form_is_bounded_whether_it_says_its_length_or_not(
    desk: PageDesk, path: str, announced: bool
) -> None:
    body = b"a" * (MOST_BYTES + 1) if announced else _pieces()
    async with desk.browser() as http:
        answer = await http.post(path, content=body, headers=SAME)
    assert answer.status_code == 413

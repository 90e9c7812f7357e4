"""What a running daemon tells of its page's token file."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from tests.page.live_daemon import live_daemon
from tests.page.page_desk import TOKENS

_ROSTER = """version: 1
conference: line
from: "+15005550006"
participants:
  ann: {to: "+15551230001", muted: true}
"""
_SECONDS = 60.0


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(_SECONDS):
        while not true():  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.05)


async def test_a_token_file_that_becomes_wrong_is_told_while_nobody_signs_in(
    tmp_path: Path,
) -> None:
    tokens = tmp_path / "tokens"
    tokens.write_text(TOKENS, "utf-8")
    async with live_daemon(tmp_path, _ROSTER, tokens) as live:
        vitals = live.daemon.vitals
        await live.warm()
        assert vitals().tokens_wrong_at is None
        tokens.write_text("ann operator short\n", "utf-8")
        await _until(lambda: vitals().tokens_wrong_at is not None)
        assert "fewer than 16" in vitals().tokens_problem
        tokens.write_text(TOKENS, "utf-8")
        await _until(lambda: vitals().tokens_wrong_at is None)

"""One browser a worker, on whose loop these tests run."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser

from tests.page.chromium import chromium
from tests.page.page_desk import PageDesk, page_desk


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def desk(tmp_path: Path) -> AsyncIterator[PageDesk]:
    async with page_desk(tmp_path) as made:
        yield made

"""One browser a worker, on whose loop these tests run."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest_asyncio

from tests.page.chromium import chromium
from tests.page.page_desk import PageDesk, page_desk

if TYPE_CHECKING:
    from playwright.async_api import Browser


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator["Browser"]:
    async with chromium() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def desk(tmp_path: Path) -> AsyncIterator[PageDesk]:
    async with page_desk(tmp_path) as made:
        yield made

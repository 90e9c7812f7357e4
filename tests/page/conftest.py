from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.no_proxy import no_proxy_of_this_machine  # noqa: F401 - a fixture
from tests.page.page_desk import PageDesk, page_desk


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[PageDesk]:
    async with page_desk(tmp_path) as made:
        yield made

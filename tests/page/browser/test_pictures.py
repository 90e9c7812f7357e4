"""The pictures of the documentation are of this page."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.page.page_desk import PageDesk
from tests.page.pictures import pictures

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]

DOCS = Path(__file__).parents[3] / "docs"


async def test_the_pictures_of_the_documentation_can_be_made(
    desk: PageDesk, browser: "Browser", tmp_path: Path
) -> None:
    made = await pictures(desk, browser, tmp_path)
    text = (DOCS / "page.md").read_text("utf-8")
    assert len(made) == 6
    for each in made:
        assert each.read_bytes().startswith(b"\x89PNG")
        assert (DOCS / each.name).exists()
        assert each.name in text

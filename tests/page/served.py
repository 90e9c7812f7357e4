"""The page of a desk on a port of this machine."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from reconciler.page.page_app import page_app
from reconciler.server.listener import listen, serve
from tests.page.page_desk import PageDesk


@asynccontextmanager
async def served(desk: PageDesk, port: int = 0) -> AsyncIterator[str]:
    """The URL under which browsers find the page."""
    listener = serve(page_app(desk.state), listen(f"127.0.0.1:{port}", "--page-listen"))
    try:
        yield listener.url
    finally:
        await listener.close(1.0)

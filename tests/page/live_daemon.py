"""The whole daemon with its page, webhooks on, beside a simulated Twilio."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from reconciler.bootstrap.daemon import build
from reconciler.bootstrap.daemon_options import DaemonOptions
from reconciler.bootstrap.service import Daemon
from reconciler.settings import Settings, read_settings
from reconciler.simulator.exchange.behavior import Switches
from reconciler.simulator.exchange.exchange import Exchange
from reconciler.simulator.exchange.local_account import LocalAccount
from reconciler.simulator.exchange.people import People, Subscriber
from reconciler.simulator.local_server import running
from tests.page.page_desk import OPERATOR, VIEWER
from tests.ports import free_port

SID, TOKEN = "AC" + "a1" * 16, "b2" * 16

WARM_SECONDS = 60.0


@dataclass(slots=True)
class LiveDaemon:
    """A daemon that runs, and where its page is."""

    url: str
    exchange: Exchange
    daemon: Daemon

    async def warm(self) -> None:
        """Every room is on record and was read once."""
        async with asyncio.timeout(WARM_SECONDS):
            while not self.daemon.vitals().warmed:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.05)


@asynccontextmanager
async def live_daemon(
    folder: Path, roster: str, tokens: Path | None = None
) -> AsyncIterator[LiveDaemon]:
    """A daemon over *roster*, whose page lets the people of *tokens* in."""
    desired = folder / "desired"
    desired.mkdir()
    (desired / "room.yaml").write_text(roster, "utf-8")
    exchange = Exchange(
        time.time,
        People(others=Subscriber(answers_after=0.05)),
        Switches(connecting_seconds=0.0),
        account=LocalAccount(SID, TOKEN),
        calls_per_second=100,
    )
    async with running(exchange) as twilio:
        port, hooks = free_port(), free_port()
        options = DaemonOptions(
            folder=desired,
            resync=30.0,
            admin="127.0.0.1:0",
            listen=f"127.0.0.1:{hooks}",
            public=f"http://127.0.0.1:{hooks}",
            quiet_seconds=0.0,
            page=f"127.0.0.1:{port}",
        )
        async with build(
            _settings(folder, twilio, tokens), options, lambda _: None
        ) as daemon:
            task = asyncio.create_task(daemon.run())
            try:
                yield LiveDaemon(f"http://127.0.0.1:{port}", exchange, daemon)
            finally:
                daemon.stop.set()
                await task
                gc.unfreeze()


def _settings(folder: Path, twilio: str, tokens: Path | None) -> Settings:
    lines = f"ann operator {OPERATOR}\nvic viewer {VIEWER}"
    people = (
        {"RECONCILER_PAGE_TOKENS": lines}
        if tokens is None
        else {"RECONCILER_PAGE_TOKENS_FILE": str(tokens)}
    )
    environ = {
        "TWILIO_ACCOUNT_SID": SID,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "RECONCILER_TWILIO_URL": twilio,
        "RECONCILER_DATABASE_URL": f"sqlite:///{folder}/live.db",
        "RECONCILER_CALLS_PER_SECOND": "50",
        **people,
    }
    return read_settings(environ, lambda path: path)

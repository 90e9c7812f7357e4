"""A simulator in a thread of this process, for tests of other programs."""

import asyncio
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Any

from msgspec import Struct

from reconciler.simulator.control_client import ControlClient
from reconciler.simulator.exchange.exchange import Exchange
from reconciler.simulator.exchange.sid import fresh_seed
from reconciler.simulator.local_server import running
from reconciler.simulator.script import read_script, set_up


class BackgroundSimulator(Struct, frozen=True):
    """A simulator that runs; ``control`` changes it and reads its logs."""

    url: str
    account_sid: str
    auth_token: str
    control: ControlClient

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables with which commands and SDKs reach it."""
        return {
            "RECONCILER_TWILIO_URL": self.url,
            "TWILIO_ACCOUNT_SID": self.account_sid,
            "TWILIO_AUTH_TOKEN": self.auth_token,
        }


@contextmanager
def background_simulator(
    people: Mapping[str, Any] | None = None,
    *,
    seed: str | None = None,
    service: str | None = None,
) -> Iterator[BackgroundSimulator]:
    """Run a simulator on a free port of 127.0.0.1.

    *people* is what a people file says, as a dictionary; ValueError says what is
    wrong with it. The same *seed* gives the same SIDs. *service* is ``signalwire`` or
    ``telnyx`` for the API of that service.
    """
    exchange = _exchange(people or {}, seed or fresh_seed())
    with _served(exchange, service) as url, ControlClient(url) as control:
        account = exchange.account
        yield BackgroundSimulator(url, account.sid, account.token, control)


def _exchange(people: Mapping[str, Any], seed: str) -> Exchange:
    script = read_script(people)
    exchange = Exchange(
        time.time,  # noqa: TID251 - this server is built here
        script.people,
        script.switches,
        calls_per_second=script.calls_per_second or 1.0,
        seed=seed,
    )
    set_up(exchange, script)
    return exchange


@contextmanager
def _served(exchange: Exchange, service: str | None) -> Iterator[str]:
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event, str]] = Future()

    async def serve() -> None:
        over = asyncio.Event()
        async with running(exchange, service=service) as url:
            started.set_result((asyncio.get_running_loop(), over, url))
            await over.wait()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            with suppress(Exception):
                started.set_exception(error)

    thread = threading.Thread(target=run, name="twilio simulator", daemon=True)
    thread.start()
    loop, over, url = started.result()
    try:
        yield url
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()

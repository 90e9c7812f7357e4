"""The admin listener answers from a thread of its own."""

import asyncio
import threading
import time

import httpx

from reconciler.server.listener import listen
from reconciler.server.thread_listener import ThreadedListener
from reconciler.telemetry.health import StallThresholds, Vitals, admin_app


async def test_livez_is_red_and_answers_while_the_loop_is_blocked() -> None:
    began = time.monotonic()

    def vitals() -> Vitals:
        now = time.monotonic()
        return Vitals(now=now, started_at=began, loop_at=began, ticked_at=now)

    app = admin_app(
        vitals, lambda: (b"", "text/plain"), StallThresholds(loop_seconds=0.0)
    )
    aside = ThreadedListener(app, listen("127.0.0.1:0", "--admin-listen"))

    answer = httpx.get(f"{aside.url}/livez")  # noqa: ASYNC210 - the loop is to wait

    aside.close(1.0)
    assert answer.status_code == 503
    checks = {each["name"]: each["ok"] for each in answer.json()["checks"]}
    assert checks == {"loop": False, "ticker": True, "run": True}


async def test_livez_answers_while_a_scrape_waits_for_a_stuck_loop() -> None:
    began = time.monotonic()
    scraped, over = threading.Event(), threading.Event()

    def metrics() -> tuple[bytes, str]:
        scraped.set()
        over.wait(120)
        return b"", "text/plain"

    def vitals() -> Vitals:
        return Vitals(now=began, started_at=began, loop_at=began, ticked_at=began)

    app = admin_app(vitals, metrics, StallThresholds())
    aside = ThreadedListener(app, listen("127.0.0.1:0", "--admin-listen"))
    scrape = threading.Thread(target=httpx.get, args=(f"{aside.url}/metrics",))
    scrape.start()
    assert await asyncio.to_thread(scraped.wait, 60)

    answer = httpx.get(f"{aside.url}/livez", timeout=60)  # noqa: ASYNC210 - it must not wait

    over.set()
    scrape.join()
    aside.close(1.0)
    assert answer.status_code == 200

"""The admin listener answers from a thread of its own."""

import time

import httpx

from reconciler.web.aside import Aside
from reconciler.web.health import Limits, Vitals, admin_app
from reconciler.web.server import listen


async def test_livez_is_red_and_answers_while_the_loop_is_blocked() -> None:
    began = time.monotonic()

    def vitals() -> Vitals:
        now = time.monotonic()
        return Vitals(now=now, started_at=began, loop_at=began, ticked_at=now)

    app = admin_app(vitals, lambda: (b"", "text/plain"), Limits(loop=0.0))
    aside = Aside(app, listen("127.0.0.1:0", "--admin-listen"))

    answer = httpx.get(f"{aside.url}/livez")  # noqa: ASYNC210 - the loop is to wait

    aside.close(1.0)
    assert answer.status_code == 503
    checks = {each["name"]: each["ok"] for each in answer.json()["checks"]}
    assert checks == {"loop": False, "ticker": True, "run": True}

"""What the SDK of Python finds, by its blocking and by its asynchronous client."""

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from typing import Any

from twilio.base.exceptions import TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client

from reconciler.simulator.background import BackgroundSimulator

Story = Callable[[BackgroundSimulator], Coroutine[Any, Any, dict[str, Any]]]
FROM = "+15550100001"


async def blocking(simulator: BackgroundSimulator) -> dict[str, Any]:
    return await _found(_client(simulator), "")


async def asynchronous(simulator: BackgroundSimulator) -> dict[str, Any]:
    async with AsyncTwilioHttpClient() as http:
        return await _found(_client(simulator, http_client=http), "_async")


def _client(simulator: BackgroundSimulator, **more: Any) -> Any:
    client = Client(simulator.account_sid, simulator.auth_token, **more)
    client.api.base_url = simulator.url
    return client


async def _awaited(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value


async def _found(client: Any, suffix: str) -> dict[str, Any]:
    async def call(resource: Any, verb: str, **given: Any) -> Any:
        return await _awaited(getattr(resource, verb + suffix)(**given))

    async def code(resource: Any, verb: str, **given: Any) -> int:
        try:
            await call(resource, verb, **given)
        except TwilioRestException as error:
            return int(error.code)
        return 0

    bridge = client.conferences("bridge").participants

    async def create(label: str, to: str, **more: Any) -> Any:
        return await call(bridge, "create", from_=FROM, to=to, label=label, **more)

    ann = await create("ann", "+15550100101", early_media=True, beep="onEnter")
    bob = await create("bob", "+15550100102", muted=True)
    room = client.conferences(ann.conference_sid)

    async def labels() -> list[str]:
        listed = await call(room.participants, "list", page_size=1)
        return sorted(each.label for each in listed)

    async def wait_until_connected() -> None:
        for _ in range(300):
            listed = await call(room.participants, "list")
            if all(each.status == "connected" for each in listed):
                return
            await asyncio.sleep(0.1)

    await wait_until_connected()
    coach = {"coaching": True, "call_sid_to_coach": ann.call_sid}
    await create("sup", "+15550100103", muted=True, **coach)
    await wait_until_connected()
    found: dict[str, Any] = {
        "created": ann.label,
        "sameRoom": bob.conference_sid == ann.conference_sid,
        "listed": await labels(),
    }
    by_label = await call(room.participants("ann"), "fetch")
    found["byLabel"] = by_label.call_sid == ann.call_sid
    found["muted"] = (await call(room.participants("ann"), "update", muted=True)).muted
    held = await call(room.participants(ann.call_sid), "update", hold=True)
    found["hold"] = held.hold
    found["mutedOnly"] = len(await call(room.participants, "list", muted=True))
    sup = await call(room.participants("sup"), "fetch")
    found["coaches"] = sup.call_sid_to_coach == ann.call_sid
    live = {"friendly_name": "bridge", "status": "in-progress"}
    found["live"] = len(await call(client.conferences, "list", **live))
    found["callTo"] = (await call(client.calls(bob.call_sid), "fetch")).to
    found["callsTo"] = len(await call(client.calls, "list", to="+15550100103"))
    again = {"from_": FROM, "to": "+15550100104", "label": "ann"}
    found["duplicate"] = await code(bridge, "create", **again)
    found["missing"] = await code(room.participants("nobody"), "fetch")
    found["removed"] = await call(room.participants("bob"), "delete")
    found["left"] = await labels()
    found["completed"] = (await call(room, "update", status="completed")).status
    return found

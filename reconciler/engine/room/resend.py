"""A silence that is not answered is sent once more, over a connection of its own.

An update that mutes, or puts on hold, does the same twice as once. So where no answer
comes within ``RESEND_SECONDS`` it is sent again, and the first answer counts. A
request that has not left when the other is answered never does: nobody waits for it,
and the room may be let go.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct

from reconciler.engine.ports import Changed, Provider
from reconciler.model.action import Change
from reconciler.model.errors import TransientError, UnknownOutcome

RESEND_SECONDS = 2.0
"""Seconds without an answer after which a silence is sent again."""


class Resend(Struct, frozen=True):
    """Sends silences. ``allowed`` is asked before the second request of one.

    It has put that request on record if it says so, and gives None if it must not
    leave now, else what is asked just before its first byte.
    """

    provider: Provider
    allowed: Callable[[Change], Awaitable[Callable[[], bool] | None]]

    async def change(self, change: Change, may_send: Callable[[], bool]) -> Changed:
        """The answer to *change*; raises as ``Provider.change`` does."""
        requests: list[asyncio.Task[Changed]] = []
        leaves = _unless_answered(requests, may_send)
        first = asyncio.create_task(self.provider.change(change, leaves))
        requests.append(first)
        while True:
            await asyncio.wait({first}, timeout=RESEND_SECONDS)
            if first.done():
                return first.result()
            again = await self.allowed(change)
            if again is not None:
                leaves = _unless_answered(requests, again)
                second = asyncio.create_task(self.provider.change(change, leaves))
                requests.append(second)
                return await _first_answer(first, second)


def _unless_answered(
    requests: Sequence["asyncio.Task[Changed]"], may_send: Callable[[], bool]
) -> Callable[[], bool]:
    """*may_send*, while none of *requests* has an answer: nobody waits for a later one.

    *requests* are those for the same, as they are when it is asked.
    """
    return lambda: not any(x.done() and _answered(x) for x in requests) and may_send()


async def _first_answer(*requests: "asyncio.Task[Changed]") -> Changed:
    """The first answer to either of two requests for the same."""
    waiting = set(requests)
    while waiting:
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        answers = [task for task in done if _answered(task)]
        if answers or not waiting:
            for other in waiting:
                other.add_done_callback(_ignored)
            return (answers or list(done))[0].result()
    raise AssertionError("one request is always the last")


def _answered(request: "asyncio.Task[Changed]") -> bool:
    """Whether Twilio's answer came: a refusal is one."""
    error = request.exception()
    lost = isinstance(error, UnknownOutcome | TransientError) and not error.status
    return not lost


def _ignored(request: "asyncio.Task[Changed]") -> None:
    """Take note of what the other answer made superfluous."""
    if not request.cancelled():
        request.exception()

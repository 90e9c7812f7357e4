"""Permits for calls under way, of an account that several processes call for.

Processes claim permits of one account, once a second while they have calls to place,
and give them back when they have none. No more are granted than the account has. A
process that dies takes its permits along until its claim expires: by then the far end
has answered whatever it had sent.

A claim is counted from before it was made, and no call leaves so late that its answer
could come after the end of the claim. A process that stood still for longer sends none
of the calls that it had begun before.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from msgspec import Struct

from reconciler.engine.ports import Clock
from reconciler.model.errors import StoreError

REQUEST_SECONDS = 16.0
"""Seconds from the first byte of a call until its answer, at most."""

CLAIM_SECONDS = 20.0
"""Seconds for which permits are held without another claim."""

WAITING_SECONDS = 3.0
"""Seconds for which a process without a permit is counted as one that waits."""

SLICE_SECONDS = 1.0
"""Seconds between two claims of a process that may begin calls."""

ASK_SECONDS = 0.2
"""Seconds between two claims of a process that may begin none."""

CHECK_SECONDS = 0.05
"""Seconds after which a call that got no permit asks for one again."""


class PermitRequest(Struct, frozen=True):
    """``used`` calls are under way, ``wanted`` more are to be begun. 0 and 0 give back."""

    used: int
    wanted: int

    @property
    def needed(self) -> int:
        """All together."""
        return self.used + self.wanted


Claim = Callable[[PermitRequest], Awaitable[int]]
"""How many calls may be under way until the next claim; StoreError."""


class CallPermits(Struct):
    """The permits of this process. ``monotonic`` gives seconds that never go back."""

    claim: Claim
    monotonic: Clock
    epoch: int = 0
    _used: int = 0
    _most_used: int = 0
    _unmet: int = 0
    _limit: int = 0
    _until: float = float("-inf")
    _task: "asyncio.Task[None] | None" = None

    def free(self, wanted: int) -> int:
        """How many of *wanted* calls may begin now."""
        free = max(0, self._limit - self._used) if self._lasts() else 0
        if free < wanted:
            self._unmet += wanted - free
            if self._task is None:
                self._task = asyncio.create_task(self._keep())
        return min(free, wanted)

    def use(self, used: int) -> None:
        """So many calls are under way from now on."""
        self._used = used
        self._most_used = max(self._most_used, used)

    def good(self, epoch: int) -> bool:
        """Whether a call that was begun in *epoch* may still leave."""
        return epoch == self.epoch and self._lasts()

    async def give_back(self) -> None:
        """Claim nothing more; what cannot be given back is free when its claim expires."""
        task, self._limit = self._task, 0
        if task is not None:
            task.cancel()
            await asyncio.wait((task,))
            with suppress(StoreError):
                await self.claim(PermitRequest(self._used, 0))

    def _lasts(self) -> bool:
        return self.monotonic() < self._until - REQUEST_SECONDS

    async def _keep(self) -> None:
        """Claim as long as calls are under way or wait."""
        try:
            while (request := self._request()).needed:
                await self._ask(request)
                waits = self._limit < max(1, self._used)
                await asyncio.sleep(ASK_SECONDS if waits else SLICE_SECONDS)
            await self._ask(request)
        finally:
            self._task = None

    def _request(self) -> PermitRequest:
        """What was needed since this was asked last."""
        used, unmet, most = self._used, self._unmet, self._most_used
        self._unmet, self._most_used = 0, used
        return PermitRequest(used, most - used + unmet)

    async def _ask(self, request: PermitRequest) -> None:
        """Claim once. Meanwhile no more are under way than the claim says."""
        began = self.monotonic()
        if began >= self._until:
            self.epoch += 1
        self._limit = min(self._limit, request.used)
        try:
            granted = await self.claim(request)
        except StoreError:
            return
        self._limit, self._until = granted, began + CLAIM_SECONDS

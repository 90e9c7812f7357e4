"""Limits of one account: calls per second, requests in flight, pauses after 429.

A 429 pauses the account, not a room. After the pause rooms are let in slowly, at
a rate that doubles each second, so that they do not meet the limit together.
Nobody waits here for a token: whoever gets none is told how long to stay away.
"""

from collections.abc import Callable

from reconciler.engine.limits.call_slots import CALL_WAIT_SECONDS, CallSlots
from reconciler.engine.limits.in_flight import InFlight
from reconciler.engine.limits.token_bucket import TokenBucket
from reconciler.engine.ports import Clock

FIRST_PAUSE_SECONDS = 1.0
MAX_PAUSE_SECONDS = 300.0
"""Seconds, for a 429 that does not say, and at most whatever it says."""

JITTER_FRACTION = 0.25
"""By how much a pause is drawn out, so that two processes wake apart."""

SLOW_START_SECONDS = 8.0
"""Seconds after a pause until rooms are let in freely again."""


class AccountLimiter:
    """The account's budget, shared by all rooms of a process.

    ``clock`` gives Unix seconds, ``jitter`` a number from 0 up to 1. ``slots`` are the
    times of calls where other processes call for the account too. ``portion`` is the
    part of the account's rooms, and so of its calls in flight, that is this process's.
    """

    def __init__(
        self,
        *,
        calls_per_second: float,
        clock: Clock,
        jitter: Callable[[], float],
        in_flight: InFlight | None = None,
        on_pause: Callable[[float], None] = lambda _: None,
        slots: CallSlots | None = None,
    ) -> None:
        self.in_flight = in_flight or InFlight()
        self.slots = slots
        self.slot: float | None = None
        self._portion = 1.0
        self._bucket = TokenBucket(calls_per_second, lambda: self.portion)
        self._clock = clock
        self._jitter = jitter
        self._on_pause = on_pause
        self._until = 0.0
        self._begun = 0.0
        self._next_in = 0.0
        self._limited = 0

    @property
    def portion(self) -> float:
        """The part that is this process's, from 0 to 1."""
        return self._portion

    @portion.setter
    def portion(self, portion: float) -> None:
        self._portion = portion
        self.in_flight.share(portion)

    @property
    def pace(self) -> float:
        """Calls a second that this process may place."""
        return self._bucket.rate

    @property
    def call_wait_seconds(self) -> float:
        """Seconds for which a call waits without another observation of its room."""
        return 0.0 if self.slots is None else CALL_WAIT_SECONDS

    async def give_back(self) -> None:
        """Leave to other processes what this one held of the account's calls."""
        if self.in_flight.permits is not None:
            await self.in_flight.permits.give_back()

    def take(self, now: float, wanted: int = 1) -> float:
        """0.0 if a call may be placed, at ``slot`` if that is not None; else seconds.

        *wanted* are how many the caller has to place.
        """
        pause = self.paused_for(now)
        if pause or self.slots is None:
            return pause or self._bucket.take(now)
        wait, self.slot = self.slots.take(wanted)
        return wait

    def eta(self, rings: int) -> float:
        """Seconds that *rings* more take at the account's pace."""
        return self._bucket.eta(rings)

    def limited(self, retry_after: float | None) -> None:
        """Twilio said 429: pause for *retry_after* seconds, or as long as is wise."""
        now = self._clock()
        if not self.paused_for(now):
            self._limited = self._limited + 1 if self._in_slow_start(now) else 0
        wise = FIRST_PAUSE_SECONDS * 2.0 ** min(self._limited, 16)
        asked = wise if retry_after is None else retry_after
        pause = min(MAX_PAUSE_SECONDS, asked * (1.0 + JITTER_FRACTION * self._jitter()))
        if pause <= self.paused_for(now):
            return
        self._begun, self._until = now, now + pause
        self._next_in = self._until
        self._on_pause(pause)

    def paused_for(self, now: float) -> float:
        """Seconds for which nothing is to be sent; 0.0 when not paused."""
        if now >= self._until or now < self._begun:
            return 0.0
        return self._until - now

    def admit(self, now: float) -> float:
        """0.0 if a room may be looked at now, else the seconds to stay away."""
        if not self._in_slow_start(now):
            return 0.0
        pause = self.paused_for(now)
        if pause:
            return pause
        if now < self._next_in:
            return self._next_in - now
        gap = (0.5 + self._jitter()) / 2.0 ** (now - self._until)
        self._next_in = now + gap
        return 0.0

    def _in_slow_start(self, now: float) -> bool:
        """Whether the account is paused, or was a moment ago."""
        return self._begun <= now < self._until + SLOW_START_SECONDS

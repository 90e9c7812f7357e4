"""What the network and the database do to requests and commits, by chance or as listed."""

import random
from collections import Counter
from collections.abc import Callable, Collection
from enum import StrEnum

from msgspec import Struct


class TroubleRates(Struct, frozen=True):
    """How likely trouble is: each a chance from 0 to 1."""

    slow_request: float = 0.0
    late_write: float = 0.0
    lost_write: float = 0.0
    refused: float = 0.0
    slow_commit: float = 0.0
    database: float = 0.0


CALM = TroubleRates()


class Site(StrEnum):
    """Where trouble strikes."""

    CONNECT = "the connection is slow"
    REFUSE = "the connection is refused"
    LATE = "a write arrives late"
    TRAVEL = "a request or an answer is slow"
    LOSE = "a write is lost"
    COMMIT = "the database is slow"
    FAIL = "the database cannot be reached"


class Strike(Struct, frozen=True):
    """Trouble at the ``nth`` moment at which it could strike there, counted from 1."""

    site: Site
    nth: int
    seconds: float = 0.0


class Trouble:
    """Draws from the seed, or strikes as *strikes* list; ``rates`` may change.

    ``struck`` is what struck: the same strikes without chance give the same run.
    """

    def __init__(
        self,
        seed: str,
        rates: TroubleRates,
        strikes: Collection[Strike] | None = None,
    ) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._counts = Counter[Site]()
        self._listed = (
            None if strikes is None else {(x.site, x.nth): x for x in strikes}
        )
        self.rates = rates
        self.struck: list[Strike] = []
        self.on_strike: Callable[[Strike], None] = lambda _: None

    def connecting(self) -> float:
        """Seconds until the connection stands."""
        slow = self._strike(Site.CONNECT, self.rates.slow_request, (0.1, 4.0))
        return slow.seconds if slow else 0.01

    def traveling(self, *, write: bool) -> float:
        """Seconds for one way; a write may arrive when nobody waits any more."""
        if write:
            late = self._strike(Site.LATE, self.rates.late_write, (5.0, 40.0))
            if late:
                return late.seconds
        slow = self._strike(Site.TRAVEL, self.rates.slow_request, (0.1, 6.0))
        return slow.seconds if slow else 0.02

    def committing(self) -> float:
        """Seconds before or after a transaction."""
        slow = self._strike(Site.COMMIT, self.rates.slow_commit, (0.1, 4.0))
        return slow.seconds if slow else 0.0

    def loses_write(self) -> bool:
        return self._strike(Site.LOSE, self.rates.lost_write) is not None

    def refuses_connection(self) -> bool:
        return self._strike(Site.REFUSE, self.rates.refused) is not None

    def database_fails(self) -> bool:
        return self._strike(Site.FAIL, self.rates.database) is not None

    def _strike(
        self, site: Site, rate: float, seconds: tuple[float, float] | None = None
    ) -> Strike | None:
        self._counts[site] += 1
        strike = self._next(site, rate, seconds)
        if strike is not None:
            self.struck.append(strike)
            self.on_strike(strike)
        return strike

    def _next(
        self, site: Site, rate: float, seconds: tuple[float, float] | None
    ) -> Strike | None:
        nth = self._counts[site]
        if self._listed is not None:
            return None if self.rates == CALM else self._listed.get((site, nth))
        if rate <= 0 or self._random.random() >= rate:
            return None
        return Strike(site, nth, self._random.uniform(*seconds) if seconds else 0.0)

"""What the way between machines does to requests and commits, by chance."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TroubleRates:
    """How likely trouble is: each a chance from 0 to 1."""

    slow_request: float = 0.0
    late_write: float = 0.0
    lost_write: float = 0.0
    refused: float = 0.0
    slow_commit: float = 0.0
    database: float = 0.0


CALM = TroubleRates()


class Trouble:
    """Draws from the seed; ``rates`` may change while it is used."""

    def __init__(self, seed: str, rates: TroubleRates) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self.rates = rates

    def chance(self, of: float) -> bool:
        return of > 0 and self._random.random() < of

    def connecting(self) -> float:
        """Seconds until the connection stands."""
        if self.chance(self.rates.slow_request):
            return self._random.uniform(0.1, 4.0)
        return 0.01

    def traveling(self, *, write: bool) -> float:
        """Seconds for one way; a write may arrive when nobody waits any more."""
        if write and self.chance(self.rates.late_write):
            return self._random.uniform(5.0, 40.0)
        if self.chance(self.rates.slow_request):
            return self._random.uniform(0.1, 6.0)
        return 0.02

    def committing(self) -> float:
        """Seconds before or after a transaction."""
        if self.chance(self.rates.slow_commit):
            return self._random.uniform(0.1, 4.0)
        return 0.0

    def loses_write(self) -> bool:
        return self.chance(self.rates.lost_write)

    def refuses_connection(self) -> bool:
        return self.chance(self.rates.refused)

    def database_fails(self) -> bool:
        return self.chance(self.rates.database)

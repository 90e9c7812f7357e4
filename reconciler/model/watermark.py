"""Watermark: which transactions a reader of the store has seen."""

from msgspec import Struct


class Watermark(Struct, frozen=True):
    """The turns that a snapshot covers: those before ``next`` that are not ``pending``.

    A turn is a transaction's place in the order of writes. ``pending`` are turns
    before ``next`` whose transactions were not over. ``origin`` names the run of
    the database server that counts the turns, "" where there is no server.
    """

    next: int = 0
    pending: frozenset[int] = frozenset()
    origin: str = ""

    def covers(self, turn: int) -> bool:
        """Whether all that was written in *turn* was seen."""
        return turn < self.next and turn not in self.pending

    def includes(self, other: "Watermark") -> bool:
        """Whether every turn that *other* covers is covered here."""
        return (
            self.origin == other.origin
            and self.next >= other.next
            and not any(map(other.covers, self.pending))
        )

    def oldest_missing(self, later: "Watermark") -> int:
        """The first turn that may show by *later*, and was not covered here."""
        return min(self.pending - later.pending, default=self.next)

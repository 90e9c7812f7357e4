"""Who decides about a room, and why."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operator:
    """Who decides: ``user`` as the policy names them, ``who`` for the record.

    ``reason`` is why, "" where nothing is said.
    """

    user: str
    who: str
    reason: str = ""

"""Who decides about a room."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operator:
    """Who decides: ``user`` as the policy names them, ``who`` for the record."""

    user: str
    who: str

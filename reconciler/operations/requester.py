"""Who decides about a room, and why."""

from msgspec import Struct


class Operator(Struct, frozen=True):
    """Who decides: ``user`` as the policy names them, ``who`` for the record.

    ``reason`` is why, "" where nothing is said.
    """

    user: str
    who: str
    reason: str = ""

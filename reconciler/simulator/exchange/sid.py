"""Identifiers of Twilio's shape, the same for the same seed."""

import random
import re
import secrets

CONFERENCE_SID = re.compile(r"CF[0-9a-fA-F]{32}")
CALL_SID = re.compile(r"CA[0-9a-f]{32}")


class Sids:
    """An endless supply of identifiers, repeatable by its seed."""

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose

    def new(self, prefix: str) -> str:
        """A SID: the prefix and 32 hexadecimal digits."""
        return f"{prefix}{self._random.getrandbits(128):032x}"


def fresh_seed() -> str:
    """A seed that nobody had before."""
    return secrets.token_hex(16)

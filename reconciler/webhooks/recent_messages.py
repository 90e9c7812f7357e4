"""What came before, so that a repetition is known."""

from collections import OrderedDict
from typing import Final

from msgspec import Struct, field

REMEMBERED: Final = 8192
"""Messages that are known again when they are repeated."""


class RecentMessages(Struct):
    """The last ``REMEMBERED`` messages, by what tells one from another."""

    _keys: OrderedDict[str, None] = field(default_factory=OrderedDict)

    def known(self, key: str) -> bool:
        """Whether the message was here before; remembers it."""
        if key in self._keys:
            return True
        self._keys[key] = None
        if len(self._keys) > REMEMBERED:
            self._keys.popitem(last=False)
        return False

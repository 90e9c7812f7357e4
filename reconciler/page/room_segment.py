"""The name of a room as one segment of an address, and back.

Letters, digits, ``-``, ``_`` and ``.`` stand for themselves, every other byte of the
name in UTF-8 is ``~`` and two hexadecimal digits: browsers, proxies and servers
neither decode nor normalize it. Dots are written so in a name of dots alone.
"""

import re
from functools import lru_cache
from typing import Final
from urllib.parse import quote


@lru_cache(maxsize=32_768)
def room_segment(room: str) -> str:
    """*room* as one segment of a URL's path."""
    segment = quote(room, safe="").replace("~", "%7E").replace("%", "~")
    return segment if room.strip(".") else segment.replace(".", "~2E")


def room_of(segment: str) -> str:
    """The room that *segment* stands for; what is not encoded stands for itself."""
    return _ENCODED.sub(_decoded, segment)


_ENCODED: Final = re.compile("(?:~[0-9A-F]{2})+")


def _decoded(found: re.Match[str]) -> str:
    return bytes.fromhex(found[0].replace("~", "")).decode("utf-8", "replace")

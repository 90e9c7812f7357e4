"""Phone numbers as they may be shown: enough to tell one from another."""

import re

_NUMBER = re.compile(r"(?P<plus>\+|%2[Bb])(?P<digits>\d{7,15})(?!\d)")
_HIDDEN = 3
_TAIL = 4
_HEAD = 4


def mask(text: str) -> str:
    """*text* with the middle of every E.164 number hidden.

    ``+15551230001`` becomes ``+1555•••0001``; at least three digits are hidden
    of a shorter one. A percent-encoded plus counts as a plus.
    """
    return _NUMBER.sub(_masked, text)


def _masked(match: re.Match[str]) -> str:
    digits = match["digits"]
    tail = min(_TAIL, len(digits) - _HIDDEN - 1)
    head = min(_HEAD, len(digits) - _HIDDEN - tail)
    return f"{match['plus']}{digits[:head]}•••{digits[-tail:]}"

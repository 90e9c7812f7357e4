"""How much of a sample is tried: a part by ``make test``, all by ``make thorough``."""

import os
from collections.abc import Iterable
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

WHOLE = os.environ.get("SAMPLES") == "whole"


def sample_size(part: int, whole: int) -> int:
    return whole if WHOLE else part


def one_in(count: int, items: Iterable[T], start: int = 0) -> Iterable[T]:
    """Every so many of *items*, from the one numbered *start*; else all of them."""
    return items if WHOLE else islice(items, start % count, None, count)

"""The order of tests on several workers: some wait while others compute.

xdist's ``worksteal`` gives each worker a run of the list, all of one length, and to one
that has done its own the last half of what another has left. Its runs are made so that
neither cores nor workers are idle:

workers          begin with
one a core       tests that compute
the others       tests marked ``long``, then those that wait; last those that compute
"""

import os
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from typing import TypeVar

import pytest

T = TypeVar("T")

_WAIT = "tests/cli/"
"""Commands and daemons over real HTTP, in real time."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """On a worker of xdist alone: one that runs all tests runs them by file."""
    workers: int = getattr(config, "workerinput", {}).get("workercount", 1)
    if workers > 1:
        items[:] = arranged(items, workers, os.cpu_count() or 1, _rank)


def _rank(item: pytest.Item) -> int:
    """0 for a long test, 1 for one that waits, 2 for one that computes."""
    if item.get_closest_marker("long"):
        return 0
    return 1 if item.nodeid.startswith(_WAIT) else 2


def arranged(
    tests: Sequence[T], workers: int, cores: int, rank: Callable[[T], int]
) -> list[T]:
    """*tests* in the order that is described above."""
    whole = [*lengths(len(tests), workers)]
    waiting = sorted((each for each in tests if rank(each) < 2), key=rank)
    computing = iter([each for each in tests if rank(each) == 2])
    first = max(workers - cores, 1)
    if len(waiting) > sum(whole[:first]):
        first = workers
    begun = [waiting[number::first] for number in range(first)]
    runs = (
        chain(begin, islice(computing, max(length - len(begin), 0)))
        for begin, length in zip(begun, whole, strict=False)
    )
    return [*chain.from_iterable(runs), *computing]


def lengths(count: int, workers: int) -> Iterator[int]:
    """How many tests xdist gives to each worker at first."""
    for left in range(workers, 0, -1):
        yield count // left
        count -= count // left

"""Some workers begin with tests that wait, and one a core with tests that compute."""

from dataclasses import dataclass
from itertools import islice
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xdist.scheduler import WorkStealingScheduling

from tests.worker_shares import arranged, lengths


def ranks(test: str) -> int:
    return "lwc".index(test[0])


def shares(long: int, waiting: int, computing: int, workers: int) -> list[list[str]]:
    """What each of *workers* gets, on two cores."""
    counts = {"l": long, "w": waiting, "c": computing}
    tests = [f"{kind}{n}" for kind, count in counts.items() for n in range(count)]
    tests.reverse()
    found = arranged(tests, workers, 2, ranks)
    assert sorted(found) == sorted(tests)
    rest = iter(found)
    return [[*islice(rest, length)] for length in lengths(len(found), workers)]


def test_all_workers_but_two_begin_with_what_waits_and_end_with_what_computes() -> None:
    for share in shares(8, 80, 512, 6)[:4]:
        assert [x[0] for x in share] == [*"ll", *20 * "w", *78 * "c"]


def test_a_worker_a_core_begins_with_what_computes() -> None:
    assert all(x[0] == "c" for share in shares(8, 80, 512, 6)[4:] for x in share)


def test_what_waits_is_split_evenly_where_nothing_else_is_left() -> None:
    for share in shares(6, 54, 0, 6):
        assert [x[0] for x in share] == ["l", *9 * "w"]


def test_tests_that_compute_keep_their_order() -> None:
    found = [x for share in shares(1, 9, 50, 3) for x in share if x[0] == "c"]
    assert found == [f"c{n}" for n in reversed(range(50))]


@given(st.integers(0, 9), st.integers(0, 90), st.integers(0, 90), st.integers(2, 16))
def test_no_test_is_lost(long: int, waiting: int, computing: int, workers: int) -> None:
    shares(long, waiting, computing, workers)


class Node:
    """A worker, as far as the scheduler knows one."""

    shutting_down = False

    def __init__(self) -> None:
        self.gateway = SimpleNamespace(id="gw")
        self.tests: list[int] = []

    def send_runtest_some(self, indices: list[int]) -> None:
        self.tests += indices


@dataclass(frozen=True, slots=True)
class Config:
    """As many workers as *tx* names."""

    tx: list[str]

    def getvalue(self, name: str) -> object:
        return getattr(self, name)


@pytest.mark.parametrize(("count", "workers"), [(19, 3), (8, 2), (10_266, 6)])
def test_lengths_are_those_of_xdist(count: int, workers: int) -> None:
    nodes: list[Any] = [Node() for _ in range(workers)]
    config: Any = Config(["popen"] * workers)
    scheduler = WorkStealingScheduling(config)
    for each in nodes:
        scheduler.add_node(each)
        scheduler.add_node_collection(each, [str(n) for n in range(count)])
    scheduler.schedule()
    assert [len(each.tests) for each in nodes] == [*lengths(count, workers)]
    assert [n for each in nodes for n in each.tests] == [*range(count)]

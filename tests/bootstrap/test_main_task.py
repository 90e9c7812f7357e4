"""What commands compute is returned by the event loop, and never described."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from reconciler.bootstrap.event_loop import run
from reconciler.bootstrap.main_task import result_of


class Large:
    """A result that counts how often it is described."""

    def __init__(self) -> None:
        self.described = 0

    def __repr__(self) -> str:
        self.described += 1
        return "large"


@pytest.mark.parametrize("runs", [run, result_of])
def test_a_result_is_returned_and_not_described(
    runs: Callable[[Coroutine[Any, Any, Large]], Large],
) -> None:
    large = Large()

    async def work() -> Large:
        await asyncio.sleep(0)
        return large

    assert runs(work()) is large
    assert not large.described


@pytest.mark.parametrize("runs", [run, result_of])
def test_an_error_is_raised_as_it_is(
    runs: Callable[[Coroutine[Any, Any, None]], None],
) -> None:
    async def work() -> None:
        raise LookupError("no such room")

    with pytest.raises(LookupError, match="no such room"):
        runs(work())

"""One answer for all who ask together, and never one older than the question."""

import asyncio
import gc
import random
from collections.abc import Collection

import pytest

from reconciler.engine.reads.coalesce import Coalescer
from tests.engine.world import run


class Oracle:
    """Takes a second, and answers when it was asked and of what."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.seconds = 1.0
        self.error: Exception | None = None
        self.busy = 0
        self.shared: Coalescer[tuple[float, Collection[str]]] = Coalescer(self.ask)

    async def ask(self, keys: Collection[str]) -> tuple[float, Collection[str]]:
        self.busy += 1
        try:
            assert self.busy == 1
            began = asyncio.get_running_loop().time()
            self.asked.append(tuple(keys))
            await asyncio.sleep(self.seconds)
            if self.error is not None:
                raise self.error
            return began, keys
        finally:
            self.busy -= 1


def now() -> float:
    return asyncio.get_running_loop().time()


def test_whoever_asks_together_is_answered_together_about_every_key_once() -> None:
    async def story() -> None:
        oracle = Oracle()
        asked = [oracle.shared.of(each) for each in (["b"], ["a", "c"], ["b"], [])]
        answers = await asyncio.gather(*asked)
        assert len({id(each) for each in answers}) == 1
        assert oracle.asked == [("a", "b", "c")]

    run(story)


@pytest.mark.parametrize("seed", range(20))
def test_no_answer_is_older_than_its_question_nor_leaves_out_a_key(seed: int) -> None:
    async def story() -> None:
        dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
        oracle = Oracle()

        async def asks(key: str, at: float) -> None:
            await asyncio.sleep(at)
            oracle.seconds = dice.choice([0.0, 0.3, 2.0])
            began = now()
            told, keys = await oracle.shared.of([key])
            assert told >= began
            assert key in keys
            assert now() - began <= 4.0

        await asyncio.gather(
            *(asks(f"key-{each}", dice.uniform(0, 10)) for each in range(60))
        )
        assert len(oracle.asked) < 60

    run(story)


def test_an_error_is_shared_by_those_who_asked_and_by_nobody_after_them() -> None:
    async def story() -> None:
        oracle = Oracle()
        oracle.error = ValueError("no")
        first = [asyncio.create_task(oracle.shared.of([each])) for each in "ab"]
        await asyncio.sleep(0.5)
        late = asyncio.create_task(oracle.shared.of(["c"]))
        failed = await asyncio.gather(*first, return_exceptions=True)
        assert [type(each) for each in failed] == [ValueError, ValueError]
        oracle.error = None
        assert (await late)[1] == ["c"]
        assert (await oracle.shared.of(["d"]))[1] == ["d"]

    run(story)


def test_an_error_that_nobody_waits_for_any_more_troubles_nobody() -> None:
    async def story() -> None:
        oracle = Oracle()
        oracle.error = ValueError("no")
        gone = asyncio.create_task(oracle.shared.of(["a"]))
        await asyncio.sleep(0.5)
        gone.cancel()
        await asyncio.sleep(2)
        oracle.error = None
        assert await oracle.shared.of(["b"])
        del gone
        gc.collect()
        loop = asyncio.get_running_loop()
        assert getattr(loop, "untaken", None) == []

    run(story)


def test_whoever_gives_up_takes_no_answer_from_the_others() -> None:
    async def story() -> None:
        oracle = Oracle()
        for pause in (0.0, 0.5):
            gone = asyncio.create_task(oracle.shared.of(["a"]))
            stays = asyncio.create_task(oracle.shared.of(["b"]))
            await asyncio.sleep(pause)
            gone.cancel()
            assert (await stays)[1] == ["a", "b"]
            with pytest.raises(asyncio.CancelledError):
                await gone

    run(story)


@pytest.mark.parametrize("pause", [0.0, 0.5, 1.5])
def test_closing_ends_the_question_and_all_who_wait(pause: float) -> None:
    async def story() -> None:
        oracle = Oracle()
        first = asyncio.create_task(oracle.shared.of(["a"]))
        await asyncio.sleep(min(pause, 0.5))
        second = asyncio.create_task(oracle.shared.of(["b"]))
        await asyncio.sleep(pause - min(pause, 0.5))
        began = now()
        await oracle.shared.close()
        assert now() == began
        assert oracle.busy == 0
        ends = await asyncio.gather(first, second, return_exceptions=True)
        assert isinstance(ends[1], asyncio.CancelledError)
        assert isinstance(ends[0], tuple if pause > 1 else asyncio.CancelledError)

    run(story)


def test_closing_what_nobody_asked_is_nothing_and_it_may_be_asked_afterwards() -> None:
    async def story() -> None:
        oracle = Oracle()
        await oracle.shared.close()
        assert await oracle.shared.of(["a"])
        await oracle.shared.close()
        await oracle.shared.close()
        assert await oracle.shared.of(["b"])
        assert oracle.asked == [("a",), ("b",)]

    run(story)

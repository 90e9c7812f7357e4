"""A probe that is interrupted leaves nobody on a call, and resumes to the same profile."""

import asyncio
import random
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from reconciler.probe.answer_values import AnswerValue
from reconciler.probe.catalogue import QUESTIONS
from reconciler.probe.journal import Journal
from reconciler.probe.probe_plan import cost_of
from reconciler.probe.question import Need
from tests.probe.desk import ANSWERING, RINGING, Killed, Mortal, ProbeDesk, open_probe
from tests.sample_size import sample_size

MOMENTS, CANCELED = sample_size(10, 20), sample_size(4, 6)
ASKED = tuple(each for each in QUESTIONS if each.need is not Need.BURST)
LAGGING: Mapping[str, object] = {
    "list_shows_ringing": False,
    "calls_list_lag": 3,
    "call_lag": 2,
    "label_held_while_ringing": False,
    "delete_ringing": "404",
    "complete_while_dialing": "refused",
    "ringing_when_room_ends": "new_room",
}


def probe(path: Path) -> ProbeDesk:
    return open_probe(path, events=True, **LAGGING)


@pytest.fixture(scope="module")
def whole(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Mapping[str, AnswerValue], int]:
    """The answers of a probe that nobody interrupts, and how many requests it sends."""
    desk = probe(tmp_path_factory.mktemp("whole") / "state")
    line = Mortal(desk.transport())
    profile = asyncio.run(desk.run(transport=line).run("a1"))
    return profile.answers, line.sent


def seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - repeatable on purpose


def die(desk: ProbeDesk, moment: int, *, worked: bool) -> None:
    line = Mortal(desk.transport(), moment, worked)
    with pytest.raises(Killed):
        asyncio.run(desk.run(transport=line).run("a1"))


@pytest.mark.parametrize("seed", range(MOMENTS))
def test_a_probe_killed_at_any_moment_resumes_to_the_same_profile(
    seed: int, whole: tuple[Mapping[str, AnswerValue], int], tmp_path: Path
) -> None:
    answers, requests = whole
    chance = seeded(seed)
    desk = probe(tmp_path / "state")
    moment = chance.randrange(8, requests)

    die(desk, moment, worked=chance.random() < 0.5)
    before = set(desk.live)
    desk.clock.advance(chance.random() * 10)
    profile = desk.ask()

    assert profile.answers == answers
    assert desk.live == []
    assert before <= desk.exchange.state.calls.keys()


@pytest.mark.parametrize("seed", range(CANCELED))
def test_a_canceled_probe_ends_its_calls_before_it_returns_and_resumes(
    seed: int, whole: tuple[Mapping[str, AnswerValue], int], tmp_path: Path
) -> None:
    answers, requests = whole
    desk = probe(tmp_path / "state")
    moment = seeded(1000 + seed).randrange(8, requests)

    asyncio.run(cancel_at(desk, moment))

    assert desk.live == []
    assert desk.ask().answers == answers
    assert desk.live == []


async def cancel_at(desk: ProbeDesk, moment: int) -> None:
    task: asyncio.Task[object] | None = None
    inner = Mortal(desk.transport())

    class Line(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if inner.sent + 1 == moment and task:
                task.cancel()
            return await inner.handle_async_request(request)

    task = asyncio.create_task(desk.run(transport=Line()).run("a1"))
    with pytest.raises(asyncio.CancelledError):
        await task


def test_a_probe_killed_again_and_again_leaves_nobody_on_a_call(tmp_path: Path) -> None:
    desk = probe(tmp_path / "state")
    chance = seeded(5)
    for _ in range(12):
        die(desk, chance.randrange(8, 60), worked=chance.random() < 0.5)

    desk.ask("ringing", "kick")

    assert desk.live == []


def test_only_the_given_addresses_ring_and_no_more_than_the_plan_shows(
    tmp_path: Path,
) -> None:
    desk = open_probe(tmp_path / "state", events=True)

    desk.ask()

    rung = [each.to for each in desk.exchange.history.rings]
    cost = cost_of(ASKED)
    assert set(rung) <= {*ANSWERING, *RINGING}
    assert sum(each in RINGING for each in rung) <= cost.ringing
    assert sum(each in ANSWERING for each in rung) <= cost.answering
    assert Journal(tmp_path / "state").calls_placed() == len(rung)


def test_every_create_is_on_record_before_it_is_sent(tmp_path: Path) -> None:
    desk = open_probe(tmp_path / "state")
    recorded: list[bool] = []

    class Line(httpx.AsyncBaseTransport):
        inner = desk.transport()

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.method == "POST" and request.url.path.endswith(
                "Participants.json"
            ):
                last = Journal(tmp_path / "state").records[-1]
                recorded.append(last["kind"] == "placing")
            return await self.inner.handle_async_request(request)

    asyncio.run(desk.run("kick", transport=Line()).run("a1"))

    assert recorded == [True, True]


def test_a_create_whose_answer_is_lost_is_looked_for_and_ended(tmp_path: Path) -> None:
    desk = open_probe(tmp_path / "state", calls_list_lag=5, list_shows_ringing=False)

    class Line(httpx.AsyncBaseTransport):
        inner = desk.transport()

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            answer = await self.inner.handle_async_request(request)
            if request.method == "POST" and request.url.path.endswith(
                "Participants.json"
            ):
                raise httpx.ReadError("no answer")
            return answer

    profile = asyncio.run(desk.run("unanswered", transport=Line()).run("a1"))

    assert len(desk.exchange.history.rings) == 1
    assert desk.live == []
    assert "no response came" in profile.unanswered["conference_visible_before_connect"]

"""Callers are answered from SQL as it is at that moment, and on record."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from reconciler.engine.desired_room import Standing
from reconciler.engine.room.answer_call import CallAnswerer
from reconciler.model.account_name import DEFAULT_ACCOUNT
from reconciler.model.declaration import Override, OverrideVerb
from reconciler.model.roster import Unlisted
from reconciler.planning.admission import Admission, IncomingCall, Rejection
from reconciler.play.in_memory.memory_store import InMemoryStore
from reconciler.store.queries.operator_decision import Decision
from tests.planning.samples import CA1, CA2, NOW, NUMBERS, ROOM, member, roster

STRANGER = "+15559990001"


@dataclass
class Line:
    """A room with a member who is not muted, and its answerer."""

    store: InMemoryStore = field(default_factory=InMemoryStore)
    now: float = NOW

    async def load(self, unlisted: Unlisted = Unlisted.KEEP) -> None:
        people = roster(member("ann", muted=False), unlisted=unlisted)
        await self.store.load([people], folder="/desired", now=NOW, cause="test")

    async def answer(
        self,
        caller: str = NUMBERS["ann"],
        room: str = ROOM,
        sid: str = CA1,
        account: str = DEFAULT_ACCOUNT,
    ) -> Admission | Rejection:
        answerer = CallAnswerer(self.store, lambda: self.now)
        return await answerer.answer(room, IncomingCall(sid, caller), (account,))

    async def muted(self, caller: str = NUMBERS["ann"]) -> Any:
        found = await self.answer(caller)
        assert isinstance(found, Admission)
        return dict(found.fields).get("muted", False)

    async def override(self, verb: OverrideVerb, until: float | None = None) -> None:
        draft = Override(0, ROOM, verb, NOW, until, "ops", "noise")
        await self.store.add_overrides([draft], NOW)


@pytest.fixture
async def line() -> Line:
    opened = Line()
    await opened.load()
    return opened


async def test_an_override_counts_until_the_instant_of_its_end(line: Line) -> None:
    assert not await line.muted()
    await line.override(OverrideVerb.MUTE_ALL, until=NOW + 60)
    line.now = NOW + 59
    assert await line.muted()
    assert await line.muted(STRANGER)
    line.now = NOW + 60
    assert not await line.muted()


async def test_a_room_that_was_ended_takes_nobody(line: Line) -> None:
    await line.override(OverrideVerb.END)
    assert isinstance(await line.answer(), Rejection)


@pytest.mark.parametrize(
    ("standing", "taken"), [(Standing.PAUSED, True), (Standing.RELEASED, False)]
)
async def test_a_paused_room_answers_and_a_released_one_takes_nobody(
    line: Line, standing: Standing, taken: bool
) -> None:
    await line.store.stand(Decision(ROOM, NOW, "ops"), standing)
    assert isinstance(await line.answer(), Admission) is taken


async def test_an_unknown_room_takes_nobody_and_nothing_is_written(line: Line) -> None:
    assert isinstance(await line.answer(room="other"), Rejection)
    assert await line.store.events("other", limit=9) == ()


async def test_a_number_of_another_account_takes_nobody_and_nothing_is_written(
    line: Line,
) -> None:
    before = await line.store.events(ROOM, limit=9)
    assert isinstance(await line.answer(account="europe"), Rejection)
    assert await line.store.events(ROOM, limit=9) == before
    assert isinstance(await line.answer(), Admission)


async def test_each_answer_is_an_event_and_what_was_said_is_remembered(
    line: Line,
) -> None:
    await line.load(Unlisted.REMOVE)
    await line.answer()
    await line.answer(STRANGER, sid=CA2)
    told = [x for x in await line.store.events(ROOM, limit=9) if x.call_sid]
    assert [(x.kind, x.label, x.call_sid) for x in told] == [
        ("call.admitted", "ann", CA1),
        ("call.rejected", "", CA2),
    ]
    assert STRANGER not in " ".join(x.message for x in told)
    assert (await line.store.ledger(ROOM, NOW)).memory.keys() == {CA1}

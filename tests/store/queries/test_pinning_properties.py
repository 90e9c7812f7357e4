"""Only the last words count: those of the file, of who pinned, and of overrides."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from reconciler.model.declaration import (
    Declaration,
    Mode,
    Override,
    OverrideVerb,
    ScheduleEntry,
)
from reconciler.model.roster import Member, Roster
from reconciler.model.schedule import Once, Period
from reconciler.planning.effective import effective, superseded
from reconciler.play.in_memory.memory_store import InMemoryStore
from reconciler.store.queries.declaration_document import declaration_digest
from reconciler.store.queries.operator_decision import Decision
from reconciler.store.queries.pinning import Rollback
from reconciler.store.store import SqlStore
from tests.planning.test_effective_properties import declarations, overrides
from tests.sample_size import sample_size

Store = InMemoryStore | SqlStore
ROOM = "board"
AT = 50.0


@dataclass(slots=True)
class Words:
    """What counts after some steps: worked out from the steps alone."""

    file: Declaration
    pinned: Declaration | None = None
    overrides: tuple[Override, ...] = ()

    @property
    def declared(self) -> Declaration:
        return self.file if self.pinned is None else self.pinned


async def take_step(store: Store, words: Words, step: tuple[str, Any]) -> None:
    match step:
        case "load", Declaration() as file:
            await store.load([file], folder=None, now=AT, cause="test")
            if file != words.file:
                words.file, words.pinned = file, None
        case "override", Override() as draft:
            (made,) = await store.add_overrides([replace(draft, id=0, until=None)], AT)
            gone = [*superseded(words.overrides, made)]
            left = [each for each in words.overrides if each not in gone]
            words.overrides = (*left, made)
        case "unset", None:
            ids = [each.id for each in words.overrides[:1]]
            await store.end_overrides(Decision(ROOM, AT, "ops"), ids)
            words.overrides = words.overrides[1:]
        case "rollback", int(number):
            past = await store.revisions(ROOM)
            chosen = past[number % len(past)]
            await store.rollback(Rollback(ROOM, chosen.generation, "ops"), AT)
            same = chosen.declaration == words.file
            words.pinned = None if same else chosen.declaration
        case _:
            await store.unpin(Decision(ROOM, AT, "ops"))
            words.pinned = None


async def outcome(store: Store) -> tuple[object, ...]:
    found = await store.desired(ROOM, AT)
    assert found is not None
    declared = (await store.declared([ROOM], AT))[ROOM]
    pin = found.pin and found.pin.file_declared
    effect = (found.roster, found.mode, found.effective_until, found.origins)
    return (*effect, declared.declaration, pin)


def expected(words: Words) -> tuple[object, ...]:
    effect = effective(words.declared, words.overrides, AT)
    pin = None if words.pinned is None else declaration_digest(words.file)
    counts = (effect.roster, effect.mode, effect.until, effect.origins)
    return (*counts, words.declared, pin)


files = st.lists(declarations(), min_size=3, max_size=3, unique_by=declaration_digest)


@st.composite
def steps(draw: st.DrawFn) -> Sequence[tuple[str, Any]]:
    loads = st.tuples(st.just("load"), st.sampled_from(draw(files)))
    others = (
        st.tuples(st.just("override"), overrides()),
        st.tuples(st.just("unset"), st.none()),
        st.tuples(st.just("rollback"), st.integers(0, 99)),
        st.tuples(st.just("unpin"), st.none()),
    )
    return [draw(loads), *draw(st.lists(st.one_of(loads, *others), max_size=12))]


@settings(max_examples=sample_size(15, 60), deadline=None)
@given(steps())
def test_after_every_step_the_last_words_count_and_nothing_before_them(
    taken: Sequence[tuple[str, Any]],
) -> None:
    async def run() -> None:
        store, words = InMemoryStore(), Words(taken[0][1])
        for step in taken:
            await take_step(store, words, step)
            assert await outcome(store) == expected(words)

    asyncio.run(run())


@settings(max_examples=sample_size(10, 40), deadline=None)
@given(steps())
def test_a_rollback_to_the_generation_of_the_present_file_is_the_file(
    taken: Sequence[tuple[str, Any]],
) -> None:
    async def run() -> None:
        store, words = InMemoryStore(), Words(taken[0][1])
        for step in taken:
            await take_step(store, words, step)
        known = await store.revisions(ROOM)
        (last, *_) = [x for x in reversed(known) if x.declaration == words.file]
        await store.rollback(Rollback(ROOM, last.generation, "ops"), AT)
        words.pinned = None
        assert await outcome(store) == expected(words)

    asyncio.run(run())


ANN = Member("ann", "+15551230001", "+15550100002")
PLAIN = Declaration(Roster(ROOM, (ANN, replace(ANN, label="bob", muted=True))))
TIMED = replace(
    PLAIN,
    modes=(Mode("quiet", (("ann", (("muted", True),)),)),),
    schedule=(ScheduleEntry(Period(Once(0.0, 90.0)), "quiet"),),
)
FEWER = Declaration(Roster(ROOM, (ANN,)))


def drawn(chance: random.Random) -> tuple[str, Any]:
    muted = Override(0, ROOM, OverrideVerb.MUTE_ALL, AT, None, "ops")
    return chance.choice(
        (
            ("load", chance.choice((PLAIN, TIMED, FEWER))),
            ("override", muted),
            ("unset", None),
            ("rollback", chance.randrange(99)),
            ("rollback", chance.randrange(99)),
            ("unpin", None),
        )
    )


@pytest.mark.parametrize("seed", range(3))
async def test_only_the_last_words_count_in_sql_too(store: SqlStore, seed: int) -> None:
    chance, words = random.Random(seed), Words(PLAIN)  # noqa: S311 - no secret
    await take_step(store, words, ("load", PLAIN))
    for _ in range(16):
        await take_step(store, words, drawn(chance))
        assert await outcome(store) == expected(words)

"""A plan made before a load is for the room that the load, and the clock, then make."""

import asyncio
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from reconciler.engine.desired_room import Desired, Standing
from reconciler.model.declaration import (
    Declaration,
    Mode,
    Override,
    OverrideVerb,
    Presence,
    ScheduleEntry,
)
from reconciler.model.ledger import Ledger
from reconciler.model.load_result import FileReport
from reconciler.model.roster import Member, RoomState, Roster
from reconciler.model.schedule import Once, Period
from reconciler.operations.load_outcome import BeforeLoad, after_load
from reconciler.play.in_memory.memory_store import InMemoryStore
from reconciler.store.queries.operator_decision import Decision
from reconciler.store.queries.pinning import Rollback

START = 1_700_000_000.0
STEP = 60.0
ROOM = "line"
LABELS = ("ann", "bob", "cara")

flags = st.sampled_from((None, False, True))
states = st.sampled_from(tuple(RoomState))
times = st.integers(0, 12).map(lambda step: START + step * STEP)
members = st.builds(
    Member,
    label=st.sampled_from(LABELS),
    to=st.sampled_from(("+15551230001", "client:one")),
    sender=st.just("+15550100001"),
    muted=flags,
    hold=flags,
)
periods = st.builds(
    lambda start, steps: Period(Once(start, start + steps * STEP)),
    times,
    st.integers(1, 6),
)
rosters = st.builds(
    Roster,
    room=st.just(ROOM),
    members=st.lists(members, max_size=3, unique_by=lambda each: each.label).map(tuple),
    state=states,
)
MODES = (Mode("quiet", (("ann", (("muted", True),)), ("bob", (("hold", True),)))),)
declarations = st.builds(
    Declaration,
    roster=rosters,
    modes=st.sampled_from(((), MODES)),
    schedule=st.lists(
        st.builds(
            ScheduleEntry,
            st.none() | periods,
            st.sampled_from((None, "quiet", "normal")),
            st.none() | states,
        ),
        max_size=2,
    ).map(tuple),
    presences=st.lists(
        st.builds(
            Presence, st.just(("bob",)), st.lists(periods, max_size=2).map(tuple)
        ),
        max_size=1,
    ).map(tuple),
)


@st.composite
def _overrides(draw: st.DrawFn) -> Override:
    verb = draw(st.sampled_from(tuple(OverrideVerb)))
    mode = "quiet" if verb is OverrideVerb.MODE else None
    fields = (("muted", draw(st.booleans())),) if verb is OverrideVerb.SET else ()
    labels = ("ann",) if verb is OverrideVerb.SET else ()
    until = draw(st.none() | times.map(lambda at: at + STEP * 4))
    return Override(
        0, ROOM, verb, START, until, "sue", labels=labels, fields=fields, mode=mode
    )


def _desired(found: Desired) -> Desired:
    return replace(found, roster=replace(found.roster, source=""))


def _ledger(found: Ledger) -> Any:
    """What a load decides of a ledger; intents only grow alike."""
    records = {
        label: (each.to, each.changed_at, each.edited_at, each.dismissed_at)
        for label, each in found.records.items()
    }
    return records, found.withheld, found.emptied


OPENED_BY_THE_CLOCK = Declaration(
    Roster(
        ROOM,
        (Member("ann", "+15551230001", "+15550100001"),),
        state=RoomState.ENDED,
    ),
    modes=MODES,
    schedule=(
        ScheduleEntry(
            Period(Once(START + 5 * STEP, START + 6 * STEP)), None, RoomState.OPEN
        ),
        ScheduleEntry(None, "quiet", None),
    ),
)


@example(
    first=None, words=[], second=OPENED_BY_THE_CLOCK, released=None, at=START + 5 * STEP
)
@given(
    first=st.none() | declarations,
    words=st.lists(_overrides(), max_size=2),
    second=declarations,
    released=st.sampled_from((None, "by a person", "by its file")),
    at=st.integers(0, 14).map(lambda step: START + (4 + step) * STEP),
)
def test_the_room_then_is_as_the_store_has_it_after_load_and_boundaries(
    first: Declaration | None,
    words: list[Override],
    second: Declaration,
    released: str | None,
    at: float,
) -> None:
    now = START + 4 * STEP

    async def story() -> None:
        store = InMemoryStore()
        if first is not None:
            await _load(store, first, START)
            if words:
                await store.add_overrides(words, START)
        if first is not None and released == "by its file":
            await store.load([], folder="/f", now=START + 1, cause="test")
        elif first is not None and released:
            await store.stand(Decision(ROOM, START + 1, "sue"), Standing.RELEASED)
        await _compare(store, second, now, at)

    asyncio.run(story())


@given(
    first=declarations,
    file=declarations,
    words=st.lists(_overrides(), max_size=2),
    second=st.none() | declarations,
    released=st.booleans(),
    at=st.integers(0, 14).map(lambda step: START + (4 + step) * STEP),
)
def test_a_room_that_is_pinned_is_then_as_the_store_has_it(
    first: Declaration,
    file: Declaration,
    words: list[Override],
    second: Declaration | None,
    **more: Any,
) -> None:
    """``second`` None is the file as it was."""

    async def story() -> None:
        store = InMemoryStore()
        await _load(store, first, START)
        await _load(store, file, START)
        await store.rollback(Rollback(ROOM, 1, "sue"), START + 1)
        if words:
            await store.add_overrides(words, START + 1)
        if more["released"]:
            await store.load([], folder="/f", now=START + 2, cause="test")
        now = START + 4 * STEP
        await _compare(store, file if second is None else second, now, more["at"])

    asyncio.run(story())


async def _compare(
    store: InMemoryStore, second: Declaration, now: float, at: float
) -> None:
    """What is planned is what the store then has."""
    stored, ledger = (await store.read([ROOM], now))[ROOM]
    declared = (await store.declared([ROOM], now)).get(ROOM)
    before = (
        BeforeLoad(stored, ledger, declared.declaration, declared.overrides)
        if declared
        else BeforeLoad(stored, ledger)
    )

    planned, planned_ledger = after_load(second, before, now, at)

    await _load(store, second, now)
    await store.advance(now)
    while (boundary := await store.next_boundary()) is not None and boundary <= at:
        await store.advance(boundary)
    found, found_ledger = (await store.read([ROOM], at))[ROOM]
    assert found is not None
    assert _desired(planned) == _desired(found)
    if found.standing is not Standing.RELEASED:
        assert _ledger(planned_ledger) == _ledger(found_ledger)


async def _load(store: InMemoryStore, declaration: Declaration, now: float) -> None:
    report = FileReport(paths={ROOM: "/f/line.yaml"})
    await store.load([declaration], folder="/f", now=now, cause="test", report=report)

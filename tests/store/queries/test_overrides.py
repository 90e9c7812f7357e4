"""A person's words on top of a file: made, ended by themselves, ended by an operator."""

from itertools import permutations
from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.engine.desired_room import Desired, Standing
from reconciler.engine.ports import Notes
from reconciler.model.declaration import Declaration, Override, OverrideVerb
from reconciler.model.errors import StoreError
from reconciler.model.ledger import Approval, GuardKind, Record, WithheldKind
from reconciler.model.load_result import Loaded
from reconciler.model.roster import RoomState, Roster, Unlisted
from reconciler.planning.finding import Forgotten
from reconciler.store.queries.operator_decision import Decision
from reconciler.store.store import SqlStore
from tests.store.samples import ANN, BOB, NOW, ROOM, roster, take

FILE = roster(ANN, replace(BOB, muted=False))


def override(verb: str, until: float | None = None, **more: Any) -> Override:
    made = Override(0, ROOM, OverrideVerb(verb), NOW, until, "ops", "noise")
    return replace(made, **more)


def setting(label: str, field: str, value: Any, until: float | None = None) -> Override:
    return override("set", until, labels=(label,), fields=((field, value),))


async def load(
    store: SqlStore, *declared: Roster | Declaration, now: float = NOW
) -> Loaded:
    return await store.load(declared, folder="/desired", now=now, cause="test")


async def desired(store: SqlStore) -> Desired:
    found = await store.desired(ROOM, NOW)
    assert found is not None
    return found


async def muted(store: SqlStore) -> dict[str, bool | None]:
    members = (await desired(store)).roster.members
    return {each.label: each.muted for each in members}


async def record(store: SqlStore, label: str = "bob") -> Record:
    return (await store.ledger(ROOM, NOW)).records[label]


async def told(store: SqlStore) -> list[tuple[str, str, str]]:
    events = await store.events(ROOM, limit=9)
    return [
        (each.kind, each.message, each.cause.partition(",")[0])
        for each in events
        if each.kind.startswith("override")
    ]


async def test_an_override_counts_at_once_until_its_end_and_no_longer(
    store: SqlStore,
) -> None:
    await load(store, FILE)
    (made,) = await store.add_overrides((override("mute-all", NOW + 60),), NOW)
    assert made == override("mute-all", NOW + 60, id=made.id)
    assert await muted(store) == {"ann": True, "bob": True}
    found = await desired(store)
    assert (found.generation, found.effective_until) == (2, NOW + 60)
    assert found.roster.unlisted is Unlisted.MUTE
    assert {(x.label, x.who, x.reason) for x in found.origins} == {
        (label, "ops", "noise") for label in ("", "ann", "bob")
    }
    assert (await store.declared([ROOM], NOW))[ROOM].overrides == (made,)

    assert await store.advance(NOW + 60) == (ROOM,)
    found = await desired(store)
    assert (found.roster, found.generation) == (FILE, 3)
    assert (found.effective_until, found.origins) == (None, ())
    assert (await store.declared([ROOM], NOW + 60))[ROOM].overrides == ()
    assert await told(store) == [
        ("override.set", f"mute-all, for 60 s: noise (override {made.id})", "ops"),
        (
            "override.ended",
            f"mute-all (override {made.id}): it has expired.",
            "its end",
        ),
    ]


async def test_the_file_is_not_changed_by_an_override_nor_the_override_by_a_file(
    store: SqlStore,
) -> None:
    await load(store, FILE)
    await store.add_overrides((setting("bob", "muted", value=True),), NOW)
    assert await load(store, FILE) == Loaded(unchanged=(ROOM,))
    assert (await muted(store))["bob"] is True
    cara = replace(ANN, label="cara", to="+15551230003")
    grown = replace(FILE, members=(*FILE.members, cara))
    assert await load(store, grown, now=NOW + 5) == Loaded(changed=(ROOM,))
    assert await muted(store) == {"ann": None, "bob": True, "cara": None}
    assert (await store.declared([ROOM], NOW))[ROOM].declaration == Declaration(grown)


async def test_every_order_of_the_same_edits_ends_alike(store: SqlStore) -> None:
    grown = Declaration(replace(FILE, limits=replace(FILE.limits, rings=7)))

    async def edit(room: str, name: str) -> None:
        base = replace(grown.roster, room=room)
        if name == "load":
            await store.load([base], folder=None, now=NOW, cause="test")
        elif name == "mute":
            word = replace(override("mute-all", NOW + 60), room=room)
            await store.add_overrides((word,), NOW)
        else:
            word = replace(setting("bob", "hold", value=True), room=room)
            await store.add_overrides((word,), NOW)

    seen = set()
    for number, order in enumerate(permutations(["load", "mute", "hold"])):
        room = f"room-{number}"
        first = replace(FILE, room=room)
        await store.load([first], folder=None, now=NOW, cause="test")
        for name in order:
            await edit(room, name)
        during = await store.desired(room, NOW)
        await store.advance(NOW + 60)
        after = await store.desired(room, NOW)
        assert during
        assert after
        seen.add((replace(during.roster, room=""), replace(after.roster, room="")))
    assert len(seen) == 1


async def test_an_override_of_a_state_field_is_no_new_intent(store: SqlStore) -> None:
    await load(store, FILE)
    before = (await record(store)).intent
    words = (setting("bob", "muted", value=True), setting("bob", "hold", value=True))
    await store.add_overrides(words, NOW)
    await store.add_overrides((setting("bob", "coaching", "ann"),), NOW)
    assert (await record(store)).intent == before


async def test_a_room_that_is_started_after_its_end_calls_everybody_again(
    store: SqlStore,
) -> None:
    await load(store, FILE)
    await store.add_overrides((override("end"),), NOW)
    assert (await desired(store)).roster.state is RoomState.ENDED
    before = {label: (await record(store, label)).intent for label in ("ann", "bob")}
    await store.add_overrides((override("start"),), NOW + 5)
    assert (await desired(store)).roster == FILE
    for label, intent in before.items():
        assert (await record(store, label)).intent > intent


async def test_who_was_seen_gone_while_away_is_meant_anew_when_declared_again(
    store: SqlStore,
) -> None:
    await load(store, FILE)
    before = (await record(store)).intent
    await load(store, replace(FILE, members=FILE.members[:1]))
    gone = Notes(findings=(Forgotten("bob"),))
    await store.note(await take(store), gone, NOW)
    await load(store, FILE)
    assert (await record(store)).intent > before


async def test_an_override_takes_the_place_of_one_that_it_covers(
    store: SqlStore,
) -> None:
    await load(store, FILE)
    (first,) = await store.add_overrides((override("mute-all", NOW + 60),), NOW)
    later = override("mute-all", NOW + 90, labels=("bob",))
    (second,) = await store.add_overrides((later,), NOW + 5)
    assert second.id > first.id
    assert (await store.declared([ROOM], NOW))[ROOM].overrides == (second,)
    assert await muted(store) == {"ann": True, "bob": False}
    messages = [message for _, message, _ in await told(store)]
    assert (
        f"mute-all (override {first.id}): replaced by override {second.id}." in messages
    )


async def test_a_person_ends_what_stands_and_nothing_else(store: SqlStore) -> None:
    await load(store, FILE)
    words = (override("mute-all"), setting("bob", "hold", value=True))
    mute, hold = await store.add_overrides(words, NOW)
    ended = await store.end_overrides(
        Decision(ROOM, NOW + 5, "supervisor"), [mute.id, 999]
    )
    assert ended == (mute,)
    assert await muted(store) == {"ann": None, "bob": False}
    assert (await store.declared([ROOM], NOW))[ROOM].overrides == (hold,)
    assert (await told(store))[-1] == (
        "override.ended",
        f"mute-all (override {mute.id}): unset by supervisor.",
        "supervisor",
    )
    assert await store.end_overrides(Decision(ROOM, NOW, "x"), [mute.id]) == ()


APPROVAL = Approval("a" * 64, "over", "ops", NOW + 600)


@pytest.mark.parametrize("generation", [1, 2])
async def test_an_end_and_its_approval_count_together_for_what_was_seen(
    store: SqlStore, generation: int
) -> None:
    await load(store, FILE)
    made, granted = await store.end_room(
        override("end"), APPROVAL, generation=generation, now=NOW
    )
    assert made is not None
    assert (await desired(store)).roster.state is RoomState.ENDED
    assert granted is (generation == 2)
    kept = (await store.ledger(ROOM, NOW)).approval
    assert kept == (APPROVAL if granted else None)
    nowhere = replace(override("end"), room="nowhere")
    assert await store.end_room(nowhere, None, generation=1, now=NOW) == (None, False)


async def test_an_end_whose_approval_cannot_be_written_does_not_count(
    store: SqlStore,
    url: str,  # noqa: ARG001 - a database, which rolls back
) -> None:
    await load(store, FILE)
    broken = replace(APPROVAL, reason=None)
    with pytest.raises(StoreError):
        await store.end_room(override("end"), broken, generation=2, now=NOW)
    assert (await desired(store)).roster.state is RoomState.OPEN
    assert (await store.declared([ROOM], NOW))[ROOM].overrides == ()


async def test_an_override_of_a_room_that_is_not_managed_is_refused(
    store: SqlStore,
) -> None:
    assert await store.add_overrides((override("mute-all"),), NOW) == ()
    await load(store, FILE)
    await store.stand(Decision(ROOM, NOW, "ops"), Standing.RELEASED)
    assert await store.add_overrides((override("mute-all"),), NOW) == ()
    assert (await store.declared([ROOM], NOW))[ROOM].overrides == ()


async def test_overrides_survive_a_release_and_count_again_after_it(
    store: SqlStore,
) -> None:
    await load(store, FILE)
    await store.add_overrides((override("mute-all", NOW + 60),), NOW)
    await load(store)
    await load(store, FILE, now=NOW + 30)
    assert await muted(store) == {"ann": True, "bob": True}
    assert (await desired(store)).effective_until == NOW + 60


async def test_an_override_leaves_the_last_edit_of_the_file_on_record(
    store: SqlStore,
) -> None:
    await load(store, FILE)
    assert (await record(store)).edited_at == NOW
    await store.add_overrides((override("mute-all", NOW + 60),), NOW + 5)
    changed = await record(store)
    assert (changed.changed_at, changed.edited_at) == (NOW + 5, NOW)
    await store.advance(NOW + 60)
    assert (await record(store)).edited_at == NOW
    await load(store, replace(FILE, members=(ANN, replace(BOB, muted=True))))
    assert (await record(store)).edited_at == NOW


@pytest.mark.parametrize("verb", ["mute-all", "set"])
async def test_an_edit_whose_exposures_are_withheld_stays_one_under_overrides(
    store: SqlStore, verb: str
) -> None:
    await load(store, FILE)
    held = WithheldKind(GuardKind.EXPOSURES, "limits.exposures", "too many", NOW)
    await store.note(await take(store), Notes(withheld=(held,)), NOW)
    word = (
        override("mute-all", NOW + 60)
        if verb == "mute-all"
        else setting("bob", "muted", True, NOW + 60)
    )
    await store.add_overrides((word,), NOW)
    assert (await store.ledger(ROOM, NOW)).withheld == {GuardKind.EXPOSURES: held}
    assert (await record(store)).edited_at == NOW


async def test_ended_overrides_do_not_count_although_nothing_advanced(
    store: SqlStore,
) -> None:
    await load(store, FILE)
    await store.add_overrides((override("mute-all", NOW + 60),), NOW)
    assert (await store.declared(None, NOW + 61))[ROOM].overrides == ()
    await store.add_overrides((setting("bob", "hold", value=True),), NOW + 61)
    assert await muted(store) == {"ann": None, "bob": False}
    kinds = [kind for kind, _, _ in await told(store)]
    assert kinds.count("override.ended") == 1


async def test_rosters_of_many_rooms_are_read_as_with_their_ledgers(
    store: SqlStore,
) -> None:
    rooms = [f"room-{number}" for number in range(205)]
    await load(store, FILE, *(replace(FILE, room=room) for room in rooms))
    await store.add_overrides(
        (setting("ann", "muted", value=True, until=NOW + 60),), NOW
    )
    await store.stand(Decision(rooms[3], NOW, "sue"), Standing.PAUSED)

    asked = [*rooms, ROOM, "never loaded"]
    alone = await store.read_desired(asked, NOW)

    both = await store.read(asked, NOW)
    assert alone == {room: desired for room, (desired, _) in both.items() if desired}
    assert alone.keys() == {*rooms, ROOM}

"""What a load does where a file is refused, too young, or another folder's."""

from msgspec.structs import replace

from reconciler.engine.desired_room import Standing
from reconciler.model.errors import Problem, RefusedFile
from reconciler.model.load_result import FileReport, Loaded, RoomHome
from reconciler.store.store import SqlStore
from tests.store.samples import ANN, NOW, roster

HERE, THERE = "/srv/desired", "/home/ops/desired"
A, B = roster(ANN, room="alpha"), roster(ANN, room="beta")
PATHS = {"alpha": f"{HERE}/a.yaml", "beta": f"{HERE}/b.yaml"}
WRONG = Problem("desired/b.yaml", 7, 9, "muted must be true or false", snippet="x")
BAD = RefusedFile("desired/b.yaml", PATHS["beta"], (), (WRONG,))


def report(**changed: object) -> FileReport:
    return replace(
        FileReport(files=tuple(PATHS.values()), paths=PATHS),
        **changed,
    )


async def load(store: SqlStore, *rosters: object, **said: object) -> Loaded:
    folder = said.pop("folder", HERE)
    at = said.pop("now", NOW)
    return await store.load(
        rosters,  # type: ignore[arg-type]
        folder=folder,  # type: ignore[arg-type]
        now=at,  # type: ignore[arg-type]
        cause="files",
        report=report(**said),
    )


async def standing(store: SqlStore, room: str) -> Standing:
    found = await store.desired(room, NOW)
    assert found is not None
    return found.standing


async def test_a_refused_file_holds_back_its_rooms_and_releases_none(
    store: SqlStore,
) -> None:
    await load(store, A, B)

    loaded = await load(store, A, refused=(BAD,))

    assert (loaded.held, loaded.released) == (("beta",), ())
    assert await standing(store, "beta") is Standing.MANAGED


async def test_a_refused_folder_holds_back_all_rooms_below_it(store: SqlStore) -> None:
    await load(store, A, B)
    folder = replace(BAD, path=HERE)

    loaded = await load(store, refused=(folder,))

    assert (loaded.held, loaded.released) == (("alpha", "beta"), ())


async def test_a_room_declared_in_a_refused_file_is_held_wherever_it_came_from(
    store: SqlStore,
) -> None:
    await load(store, A, B)
    moved = replace(BAD, path=f"{HERE}/new.yaml", rooms=("alpha",))

    loaded = await load(store, B, refused=(moved,))

    assert (loaded.held, loaded.released) == (("alpha",), ())


async def test_a_refusal_is_on_record_from_when_it_began_until_it_ends(
    store: SqlStore,
) -> None:
    await load(store, A, B)
    await load(store, A, refused=(BAD,), now=NOW + 5)
    await load(store, A, refused=(BAD,), now=NOW + 60)

    (found,) = await store.refusals()
    assert (found.since, found.file.path, found.file.file) == (
        NOW + 5,
        BAD.path,
        BAD.file,
    )
    assert [each.message for each in found.file.problems] == [WRONG.message]
    assert found.file.problems[0].snippet == ""
    assert found.held == ("beta",)
    told = [x for x in await store.events("beta", limit=9) if "refused" in x.kind]
    (message,) = (each.message for each in told)
    assert message == (
        "desired/b.yaml:7:9: muted must be true or false. The roster loaded before "
        "stays in force."
    )

    await load(store, A, B)
    assert await store.refusals() == ()


async def test_another_mistake_in_the_file_is_told_and_keeps_the_time(
    store: SqlStore,
) -> None:
    await load(store, A, B)
    await load(store, A, refused=(BAD,), now=NOW + 5)
    other = replace(BAD, problems=(replace(WRONG, message="muted is missing"),))

    await load(store, A, refused=(other,), now=NOW + 9)

    (found,) = await store.refusals()
    assert (found.since, found.file.problems[0].message) == (
        NOW + 5,
        "muted is missing",
    )


async def test_a_load_of_another_folder_leaves_the_refusals_of_the_first(
    store: SqlStore,
) -> None:
    await load(store, A, refused=(BAD,))

    await load(store, folder=THERE, files=(f"{THERE}/c.yaml",))

    assert len(await store.refusals()) == 1


async def test_a_file_that_went_away_is_not_refused_any_more(store: SqlStore) -> None:
    await load(store, A, refused=(BAD,))

    await load(store, A, files=(PATHS["alpha"],))

    assert await store.refusals() == ()


async def test_a_young_file_is_on_record_until_a_later_load_finds_it_quiet(
    store: SqlStore,
) -> None:
    await load(store, A, quiet_at={"alpha": NOW + 3})
    assert (await store.ledger("alpha", NOW)).quiet_at == NOW + 3
    before = await store.last_mark()

    loaded = await load(store, A, now=NOW + 3.5)

    assert loaded.unchanged == ("alpha",)
    assert (await store.ledger("alpha", NOW)).quiet_at is None
    assert [each.room for each in await store.marks_since(before)] == ["alpha"]


async def test_a_room_of_another_folder_is_left_alone_and_named(
    store: SqlStore,
) -> None:
    await load(store, A)
    mine = {"alpha": f"{THERE}/a.yaml"}

    loaded = await load(store, roster(room="alpha"), folder=THERE, paths=mine)

    assert loaded.foreign == (RoomHome("alpha", HERE),)
    assert (loaded.changed, loaded.released) == ((), ())
    found = await store.desired("alpha", NOW)
    assert found is not None
    assert found.generation == 1


async def test_a_single_file_from_elsewhere_does_not_take_a_room(
    store: SqlStore,
) -> None:
    await load(store, A)
    mine = {"alpha": f"{THERE}/a.yaml"}

    loaded = await load(store, roster(room="alpha"), folder=None, paths=mine)

    assert loaded.foreign == (RoomHome("alpha", HERE),)


async def test_a_single_file_of_the_folder_is_loaded(store: SqlStore) -> None:
    await load(store, A)

    loaded = await load(store, roster(room="alpha"), folder=None)

    assert loaded.changed == ("alpha",)


async def test_a_room_is_taken_over_when_a_person_says_so_or_its_folder_is_gone(
    store: SqlStore,
) -> None:
    reasons: tuple[dict[str, object], ...] = (
        {"take_over": True},
        {"same_homes": frozenset({HERE, "/srv/old"})},
    )
    for number, said in enumerate(reasons):
        room = f"room-{number}"
        await load(store, roster(ANN, room=room), paths={room: f"{HERE}/r.yaml"})
        mine = {room: f"{THERE}/r.yaml"}

        loaded = await load(store, roster(room=room), folder=THERE, paths=mine, **said)

        assert (loaded.changed, loaded.foreign) == ((room,), ())


async def test_a_released_room_belongs_to_whoever_declares_it(store: SqlStore) -> None:
    await load(store, A)
    await load(store)

    loaded = await load(store, A, folder=THERE, paths={"alpha": f"{THERE}/a.yaml"})

    assert (loaded.changed, loaded.foreign) == (("alpha",), ())


async def test_managed_rooms_of_other_folders_are_named_with_their_folder(
    store: SqlStore,
) -> None:
    await load(store, A)

    loaded = await load(store, B, folder=THERE, paths={"beta": f"{THERE}/b.yaml"})

    assert loaded.elsewhere == (RoomHome("alpha", HERE),)
    assert (await load(store, B, folder=None)).elsewhere == ()

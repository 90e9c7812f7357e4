"""A folder is known as long as all rooms are as its load left them."""

from msgspec.structs import replace

from reconciler.model.errors import Problem, Severity
from reconciler.model.load_result import FileReport, LoadedFolder
from reconciler.store.queries.operator_decision import Decision
from reconciler.store.store import SqlStore
from tests.store.samples import ANN, NOW, ROOM, roster

FOLDER = "/srv/desired"
WARNING = Problem("a.yaml", 1, 1, "odd", severity=Severity.WARNING)
KEPT = LoadedFolder("00ff", ("/srv/people.csv",), (WARNING,))
REPORT = FileReport(paths={ROOM: f"{FOLDER}/a.yaml"}, folder=KEPT)


async def load(
    store: SqlStore, report: FileReport, folder: str | None = FOLDER
) -> None:
    of = roster(ANN)
    await store.load([of], folder=folder, now=NOW, cause="test", report=report)


async def test_a_folder_is_known_as_it_was_loaded(store: SqlStore) -> None:
    await load(store, REPORT)
    assert await store.loaded_folder(FOLDER) == KEPT
    assert await store.loaded_folder("/srv/other") is None
    later = replace(KEPT, digest="ff00")
    await load(store, replace(REPORT, folder=later))
    assert await store.loaded_folder(FOLDER) == later


async def test_files_loaded_alone_young_or_unknown_are_not_known(
    store: SqlStore,
) -> None:
    await load(store, REPORT, folder=None)
    await load(store, replace(REPORT, folder=None))
    await load(store, replace(REPORT, quiet_at={ROOM: NOW + 3}))
    assert await store.loaded_folder(FOLDER) is None


async def test_a_folder_that_declares_the_room_of_another_one_is_not_known(
    store: SqlStore,
) -> None:
    await load(store, REPORT)
    other = replace(REPORT, paths={ROOM: "/srv/other/a.yaml"})
    await load(store, other, folder="/srv/other")
    assert await store.loaded_folder("/srv/other") is None
    assert await store.loaded_folder(FOLDER) == KEPT


async def test_a_room_that_another_load_changed_ends_that(store: SqlStore) -> None:
    await load(store, REPORT)
    edited = [roster()]
    await store.load(edited, folder=None, now=NOW, cause="by hand", report=FileReport())
    assert await store.loaded_folder(FOLDER) is None


async def test_what_is_done_in_a_room_leaves_the_folder_known(store: SqlStore) -> None:
    await load(store, REPORT)
    assert await store.redial(Decision(ROOM, NOW, "sue"), "ann")
    assert await store.loaded_folder(FOLDER) == KEPT

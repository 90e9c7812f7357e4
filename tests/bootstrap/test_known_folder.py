"""A folder that is as it was loaded is not parsed again; any edit is loaded."""

import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from msgspec.structs import replace

from reconciler.bootstrap.desired_state_loader import DesiredStateLoader
from reconciler.bootstrap.policy_source import PolicySource
from reconciler.bootstrap.roster_loader import RosterLoader
from reconciler.engine.desired_room import Standing
from reconciler.files import Loading, load
from reconciler.model.policy import UNRESTRICTED, Ceilings
from reconciler.store.opening import open_store
from reconciler.store.queries.operator_decision import Decision
from reconciler.store.queries.pinning import Rollback
from reconciler.store.store import SqlStore

ROOM = 'version: 1\nconference: {}\nfrom: "+15550100000"\nparticipants:\n  {}\n'
ANN, BOB = 'ann: {to: "client:ann"}', 'bob: {to: "client:bob"}'
LONG_AGO = 1_000_000_000
RULES = "of this code"


class Reading(RosterLoader):
    """Counts how often the folder was parsed."""

    parsed = 0

    def _read(self) -> Loading:
        type(self).parsed += 1
        return super()._read()


class Awake:
    """A controller that nothing wakes."""

    def tick(self, now: float) -> None:
        assert now


@dataclass
class Desk:
    """A folder, a database, and daemons that start over them."""

    home: Path
    store: SqlStore
    policy: PolicySource = field(
        default_factory=lambda: PolicySource(None, UNRESTRICTED)
    )

    @property
    def folder(self) -> Path:
        return self.home / "desired"

    def write(self, name: str, text: str, at: int = LONG_AGO) -> None:
        """A file that was last written at *at*, as far as its own time says."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (at, at))

    async def start(self, rules: str = RULES, quiet: float = -3600.0) -> int:
        """Start over the folder: how often it was parsed for that.

        Its files are quiet whenever they were put in place, unless *quiet* says
        otherwise.
        """
        loader = DesiredStateLoader(self.store, "test", quiet, rules=lambda: rules)
        Reading.parsed = 0
        await Reading(self.folder, loader, self.policy, cast("Any", Awake())).begin()
        return Reading.parsed

    async def stored(self, table: str) -> list[Any]:
        """All rows of a table."""
        return await self.store.database.read(
            lambda it: list(it.exec_driver_sql(f"SELECT * FROM {table}"))  # noqa: S608
        )

    async def people(self) -> dict[str, list[str]]:
        """The labels of each managed room, as stored."""
        found = await self.store.read(await self.store.rooms(), 0.0)
        return {
            room: [x.label for x in desired.roster.members]
            for room, (desired, _) in found.items()
            if desired is not None and desired.standing is Standing.MANAGED
        }


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with await open_store(f"sqlite:///{tmp_path}/reconciler.db") as store:
        desk = Desk(tmp_path, store)
        desk.write("one.yaml", ROOM.format("one", ANN))
        desk.write("sub/two.yaml", ROOM.format("two", ANN))
        yield desk


async def test_a_folder_that_was_loaded_is_not_parsed_again(desk: Desk) -> None:
    assert await desk.start() == 1
    people, feed = await desk.people(), (await desk.store.changes(None)).watermark
    assert people == {"one": ["ann"], "two": ["ann"]}
    assert [await desk.start(), await desk.start()] == [0, 0]
    assert await desk.people() == people
    assert (await desk.store.changes(feed)).rooms == {}


async def test_an_edit_that_keeps_size_and_time_is_loaded(desk: Desk) -> None:
    await desk.start()
    desk.write("one.yaml", ROOM.format("one", BOB))
    assert await desk.start() == 1
    assert await desk.people() == {"one": ["bob"], "two": ["ann"]}


async def test_a_new_file_one_that_left_and_one_that_was_renamed_are_loaded(
    desk: Desk,
) -> None:
    await desk.start()
    desk.write("three.yaml", ROOM.format("three", ANN))
    assert await desk.start() == 1
    (desk.folder / "one.yaml").unlink()
    assert await desk.start() == 1
    assert await desk.people() == {"two": ["ann"], "three": ["ann"]}
    (desk.folder / "three.yaml").rename(desk.folder / "four.yaml")
    assert await desk.start() == 1
    assert await desk.start() == 0


async def test_an_edit_of_a_file_that_others_name_is_loaded(desk: Desk) -> None:
    csv = "groups:\n  all: {csv: people.csv}\n"
    desk.write("people.csv", "label,to\nkim,client:kim\n")
    desk.write("csv.yaml", ROOM.format("csv", ANN) + csv)
    await desk.start()
    assert await desk.start() == 0
    desk.write("people.csv", "label,to\nlee,client:lee\n")
    assert await desk.start() == 1
    assert "lee" in (await desk.people())["csv"]


async def release(desk: Desk) -> None:
    await desk.store.stand(Decision("one", 9.0, "sue"), Standing.RELEASED)


async def load_another(desk: Desk) -> None:
    """A sync of another file, which declares the room otherwise."""
    other = desk.home / "elsewhere.yaml"
    other.write_text(ROOM.format("one", BOB))
    loading = load([other], {})
    await desk.store.load(loading.declarations, folder=None, now=9.0, cause="sue")


async def pin(desk: Desk) -> None:
    await load_another(desk)
    wanted = Rollback("one", 1, "sue", "noise")
    await desk.store.rollback(wanted, 9.0)


async def forget(desk: Desk) -> None:
    await release(desk)
    await desk.store.forget(Decision("one", 10.0, "sue"))


async def refuse(desk: Desk) -> None:
    """A load of a broken file by hand, which is on record as refused."""
    (desk.folder / "one.yaml").write_text("version: 1\nconference: one\nfrom: 7\n")
    await desk.start(rules="")
    desk.write("one.yaml", ROOM.format("one", ANN))


async def change_policy(desk: Desk) -> None:
    strict = replace(UNRESTRICTED, ceilings=Ceilings(removals=1))
    desk.policy = PolicySource(None, strict)


@pytest.mark.parametrize("decide", [release, load_another, pin, forget, refuse])
async def test_a_folder_is_loaded_if_rooms_are_not_as_that_load_left_them(
    desk: Desk, decide: Callable[[Desk], Any]
) -> None:
    await desk.start()
    await decide(desk)
    assert await desk.start() == 1


async def test_a_decision_that_a_load_leaves_alone_is_known_from_then_on(
    desk: Desk,
) -> None:
    await desk.start()
    await release(desk)
    assert [await desk.start(), await desk.start()] == [1, 0]
    assert await desk.people() == {"two": ["ann"]}


async def test_other_code_and_settings_load_the_folder(desk: Desk) -> None:
    await desk.start()
    assert await desk.start(rules="of another version") == 1
    assert await desk.start(rules="") == 1


async def test_files_that_were_written_just_now_are_loaded(desk: Desk) -> None:
    await desk.start()
    assert await desk.start(quiet=3600.0) == 1
    assert await desk.start() == 1, "how young they were is on record"
    assert await desk.start() == 0


@pytest.mark.parametrize(
    "text",
    [
        ROOM.format("one", 'ann: {to: "client:${ROSTER_NAME}"}'),
        "version: 1\nconference: three\nfrom: 7\n",
        ROOM.format("three", "x: {to: 'client:x'}") + "# " + "\n",
    ],
    ids=["variable", "error", "sound"],
)
async def test_a_folder_with_variables_or_errors_is_loaded_each_time(
    desk: Desk, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROSTER_NAME", "kim")
    desk.write("three.yaml", text.replace("conference: one", "conference: three"))
    await desk.start()
    assert await desk.start() == (0 if "# " in text else 1)


async def test_a_warning_is_told_at_each_start_without_the_number(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    for room in ("three", "four"):
        desk.write(f"{room}.yaml", ROOM.format(room, 'kim: {to: "+15551230001"}'))
    await desk.start()
    first = [vars(each)["reason"] for each in caplog.records]
    caplog.clear()
    assert await desk.start() == 0
    assert [vars(each)["reason"] for each in caplog.records] == first != []
    (kept,) = await desk.stored("loaded_folders")
    assert "+15551230001" not in str(kept)

"""The daemon's way from a folder into the store."""

import asyncio
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from msgspec.structs import replace

from reconciler.bootstrap.desired_state_loader import DesiredStateLoader
from reconciler.bootstrap.policy_source import PolicySource
from reconciler.bootstrap.roster_loader import RosterLoader
from reconciler.files import Loading, examine
from reconciler.model.declaration import Declaration
from reconciler.model.errors import Severity
from reconciler.model.load_result import FileReport, Loaded
from reconciler.model.policy import UNRESTRICTED

ROOM = 'version: 1\nconference: {}\nfrom: "+15550100000"\nparticipants: {{}}\n'


class Shelf:
    """A store that only keeps what was loaded into it."""

    def __init__(self) -> None:
        self.loads: list[Sequence[Declaration]] = []
        self.reports: list[FileReport] = []
        self.came = asyncio.Event()
        self.takes_seconds = 0.0

    async def homes(self) -> tuple[str, ...]:
        return ()

    async def load(
        self, rosters: Sequence[Declaration], *, report: FileReport, **_: object
    ) -> Loaded:
        self.loads.append(rosters)
        self.reports.append(report)
        await asyncio.sleep(self.takes_seconds)
        self.came.set()
        return Loaded()


async def stirred(roster_loader: RosterLoader, shelf: Shelf) -> None:
    """Let *roster_loader* read once more."""
    shelf.came.clear()
    following = asyncio.create_task(roster_loader.follow())
    roster_loader.request_reload()
    await shelf.came.wait()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def roster_loader(tmp_path: Path, shelf: Shelf) -> RosterLoader:
    loader = DesiredStateLoader(cast("Any", shelf), "test", 1.0)
    policy = PolicySource(None, UNRESTRICTED)
    return RosterLoader(tmp_path, loader, policy, cast("Any", None))


async def test_a_file_that_did_not_change_is_parsed_once(
    tmp_path: Path, roster_loader: RosterLoader, shelf: Shelf
) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(ROOM.format(name))
    await roster_loader.begin()
    (tmp_path / "two.yaml").write_text(ROOM.format("three"))

    await stirred(roster_loader, shelf)

    before, after = shelf.loads
    assert after[0] is before[0]
    assert [each.room for each in after] == ["one", "three"]


async def test_a_bad_file_keeps_the_store_as_it_is_until_it_is_put_right(
    tmp_path: Path,
    roster_loader: RosterLoader,
    shelf: Shelf,
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = tmp_path / "one.yaml"
    path.write_text("a: [\n")
    await roster_loader.begin()
    await roster_loader.begin()
    path.write_text(ROOM.format("one"))

    await roster_loader.begin()

    assert [[each.room for each in load] for load in shelf.loads] == [[], [], ["one"]]
    assert [len(each.refused) for each in shelf.reports] == [1, 1, 0]
    told = [each.message for each in caplog.records]
    assert told.count("roster file is not valid") == 1
    assert (roster_loader.refused, roster_loader.refused_at) == ((), None)


async def test_the_log_of_a_bad_file_has_no_full_number(
    tmp_path: Path, roster_loader: RosterLoader, caplog: pytest.LogCaptureFixture
) -> None:
    people = "participants:\n  ann: {to: 15550100101}\n"
    text = ROOM.format("one").replace("participants: {}\n", people)
    (tmp_path / "one.yaml").write_text(text)

    await roster_loader.begin()

    reasons = [
        vars(each)["reason"] for each in caplog.records if "reason" in vars(each)
    ]
    assert any("1555•••0101" in each for each in reasons)
    assert not any("15550100101" in each for each in reasons)


async def test_a_bad_file_leaves_its_neighbors_free_to_change(
    tmp_path: Path, roster_loader: RosterLoader, shelf: Shelf
) -> None:
    (tmp_path / "bad.yaml").write_text("a: [\n")
    (tmp_path / "good.yaml").write_text(ROOM.format("good"))

    await roster_loader.begin()

    assert [each.room for each in shelf.loads[0]] == ["good"]
    assert [each.path for each in roster_loader.refused] == [str(tmp_path / "bad.yaml")]
    assert roster_loader.refused_at is not None


async def test_a_file_that_becomes_quiet_while_it_is_loaded_is_read_again(
    tmp_path: Path, roster_loader: RosterLoader, shelf: Shelf
) -> None:
    (tmp_path / "one.yaml").write_text(ROOM.format("one"))
    following = asyncio.create_task(roster_loader.follow())
    shelf.takes_seconds = 2 * roster_loader.loader.quiet_seconds

    await roster_loader.begin()
    shelf.came.clear()
    async with asyncio.timeout(60):
        await shelf.came.wait()
    following.cancel()

    assert [len(each.quiet_at) for each in shelf.reports] == [1, 0]


async def test_a_file_written_just_now_is_read_again_once_it_is_quiet(
    tmp_path: Path, roster_loader: RosterLoader, shelf: Shelf
) -> None:
    (tmp_path / "one.yaml").write_text(ROOM.format("one"))
    following = asyncio.create_task(roster_loader.follow())

    await roster_loader.begin()
    shelf.came.clear()
    async with asyncio.timeout(60):
        await shelf.came.wait()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)

    assert [bool(each.quiet_at) for each in shelf.reports] == [True, False]


async def test_only_a_load_that_takes_long_is_told_with_its_seconds_and_files(
    tmp_path: Path,
    roster_loader: RosterLoader,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    (tmp_path / "one.yaml").write_text(ROOM.format("one"))
    await roster_loader.begin()
    monkeypatch.setattr("reconciler.bootstrap.roster_loader.SLOW_LOAD_SECONDS", 0.0)

    await roster_loader.begin()

    (told,) = [each for each in caplog.records if "was slow" in each.message]
    assert told.__dict__["files"] == 1
    assert told.__dict__["seconds"] >= 0


async def test_a_warning_is_logged_with_its_position_once(
    tmp_path: Path, roster_loader: RosterLoader, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "one.yaml"
    path.write_text(
        'version: 1\nconference: one\nfrom: "+15550100000"\nparticipants:\n'
        '  ann: {to: "client:ann", conference_status_callback: "https://a.example/"}\n'
    )
    await roster_loader.begin()
    await roster_loader.begin()
    told = [each.__dict__ for each in caplog.records if "warning" in each.message]
    assert [each["where"] for each in told] == [f"{path}:5:27"]
    assert "conference's events" in told[0]["reason"]
    assert "public URL" in told[0]["hint"]


async def test_a_file_that_a_roster_file_names_is_read_again_once_it_changes(
    tmp_path: Path, roster_loader: RosterLoader, shelf: Shelf
) -> None:
    room = ROOM.format("room").replace(
        "participants: {}", "groups: {all: {csv: a.csv}}"
    )
    (tmp_path / "line.yaml").write_text(room)
    (tmp_path / "a.csv").write_text("label,to\nann,client:ann\n")
    await roster_loader.begin()
    tasks = [
        asyncio.create_task(x) for x in (roster_loader.watch(), roster_loader.follow())
    ]
    try:
        async with asyncio.timeout(60):
            while shelf.loads[-1][0].roster.members[0].to != "client:other":
                shelf.came.clear()
                (tmp_path / "a.csv").write_text("label,to\nann,client:other\n")
                await shelf.came.wait()
    finally:
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


async def test_a_file_of_the_future_is_quiet_once_it_was_seen_unchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Hands()
    monkeypatch.setattr("reconciler.bootstrap.desired_state_loader.monotonic", clock)
    path, later = tmp_path / "one.yaml", time.time() + 3600.0

    def read(limit: int) -> Loading:
        path.write_text(f"{ROOM.format('one')}limits: {{removals: {limit}}}\n")
        os.utime(path, (later, later))
        return examine([tmp_path], {})[0]

    loader = DesiredStateLoader(cast("Any", Shelf()), "test", 3.0)
    first = loader.reread_after(read(1))
    assert first is not None
    assert 3.0 <= first < 4.0
    clock.time += 2.0
    again = loader.reread_after(read(1))
    assert again is not None
    assert 1.0 <= again < 2.0
    clock.time += 1.0
    assert loader.reread_after(read(1)) is None
    assert loader.reread_after(read(2)) is not None
    clock.time += 3.0
    assert loader.reread_after(read(2)) is None


async def test_a_file_of_the_future_removes_people_after_its_quiet_time(
    tmp_path: Path, roster_loader: RosterLoader, shelf: Shelf
) -> None:
    path = tmp_path / "one.yaml"
    path.write_text(ROOM.format("one"))
    os.utime(path, (time.time() + 3600.0, time.time() + 3600.0))
    await roster_loader.begin()
    assert list(shelf.reports[-1].quiet_at) == ["one"]
    following = asyncio.create_task(roster_loader.follow())
    try:
        async with asyncio.timeout(60):
            while shelf.reports[-1].quiet_at:
                shelf.came.clear()
                await shelf.came.wait()
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


def test_a_file_of_the_future_is_named(tmp_path: Path) -> None:
    path = tmp_path / "one.yaml"
    path.write_text(ROOM.format("one"))
    now = time.time()
    assert examine([tmp_path], {})[0].ahead(now + 5.0) == ()
    os.utime(path, (now + 3600.0, now + 3600.0))
    (found,) = examine([tmp_path], {})[0].ahead(now)
    assert found.file == str(path)
    assert "3600 s in the future" in found.message
    assert found.severity is Severity.WARNING


async def watched(roster_loader: RosterLoader, shelf: Shelf) -> None:
    """Let *roster_loader* watch until it has read once more."""
    shelf.came.clear()
    tasks = [
        asyncio.create_task(each)
        for each in (roster_loader.watch(), roster_loader.follow())
    ]
    try:
        async with asyncio.timeout(20):
            await shelf.came.wait()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_an_edit_between_the_first_read_and_the_watch_is_loaded(
    tmp_path: Path, roster_loader: RosterLoader, shelf: Shelf
) -> None:
    roster_loader.loader = replace(roster_loader.loader, quiet_seconds=0.0)
    path = tmp_path / "one.yaml"
    path.write_text(ROOM.format("one"))
    await roster_loader.begin()
    path.write_text(ROOM.format("other"))

    await watched(roster_loader, shelf)

    assert [each.room for each in shelf.loads[-1]] == ["other"]


async def test_a_policy_set_between_the_first_read_and_the_watch_counts(
    tmp_path: Path, shelf: Shelf
) -> None:
    folder, policy = tmp_path / "desired", tmp_path / "policy.yaml"
    folder.mkdir()
    (folder / "one.yaml").write_text(ROOM.format("one"))
    policy.write_text("version: 1\n")
    loader = DesiredStateLoader(cast("Any", shelf), "test", 0.0)
    source = PolicySource(policy, UNRESTRICTED)
    roster_loader = RosterLoader(folder, loader, source, cast("Any", None))
    await roster_loader.begin()
    policy.write_text('version: 1\naddresses: {allow: ["+1"]}\n')

    await watched(roster_loader, shelf)

    assert len(shelf.loads) == 2

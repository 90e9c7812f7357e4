import asyncio
import contextlib
import os
import shutil
import socket
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from reconciler.engine.desired_room import Standing
from reconciler.model.errors import SettingError, StoreError
from reconciler.store.opening import open_reader, open_store
from reconciler.store.store import SqlStore
from tests.postgres_server import Server
from tests.store.samples import ANN, NOW, ROOM, load, roster

if TYPE_CHECKING:
    from reconciler.engine.ports import Store

NOBODY = 65534


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that every user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="store"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@contextlib.contextmanager
def unprivileged() -> Iterator[None]:
    """Be a user whom file permissions bind; root is bound by none."""
    mine = os.geteuid()
    if mine == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(mine)


def permit(path: Path, mode: int) -> None:
    path.chmod(mode)


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


async def pragma(store: SqlStore, name: str) -> object:
    return await store.database.write(lambda it: it.scalar(text(f"PRAGMA {name}")))


async def test_sqlite_is_opened_so_that_what_was_committed_survives_power_loss(
    tmp_path: Path,
) -> None:
    async with await open_store(f"sqlite:///{tmp_path / 'new.db'}") as store:
        assert await pragma(store, "journal_mode") == "wal"
        assert await pragma(store, "synchronous") == 3
        assert await pragma(store, "fullfsync") == 1
        assert await pragma(store, "foreign_keys") == 1
        assert await pragma(store, "busy_timeout") == 10000


async def test_a_relative_file_is_made_in_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with await open_store("sqlite:///reconciler.db") as store:
        await load(store, roster(ANN))
    assert names(tmp_path) == ["reconciler.db"]


async def test_what_was_written_is_there_when_opened_again(url: str) -> None:
    async with await open_store(url) as store:
        await load(store, roster(ANN))
    async with await open_store(url, create=False) as store:
        assert await store.rooms() == (ROOM,)
    async with await open_reader(url) as store:
        assert await store.rooms() == (ROOM,)


async def test_many_may_make_the_same_file_at_once(tmp_path: Path) -> None:
    for number in range(10):
        url = f"sqlite:///{tmp_path / f'{number}.db'}"
        stores = await asyncio.gather(*(open_store(url) for _ in range(6)))
        for store in stores:
            assert await store.rooms() == ()
            await store.close()


async def test_a_reader_makes_no_file_and_finds_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'none.db'}"
    async with await open_reader(url) as reader:
        found = await asyncio.gather(*(reader.rooms() for _ in range(8)))
        assert set(found) == {()}
        assert await reader.desired(ROOM, NOW) is None
        with pytest.raises(StoreError, match="read-only"):
            await load(reader, roster(ANN))
    assert names(tmp_path) == []


async def test_a_reader_takes_an_empty_file_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    path.touch()
    async with await open_reader(f"sqlite:///{path}") as reader:
        assert await reader.rooms() == ()
    assert (names(tmp_path), path.stat().st_size) == (["empty.db"], 0)


async def test_a_reader_cannot_write(url: str) -> None:
    async with await open_reader(url) as reader:
        with pytest.raises(StoreError, match=r"cannot be written"):
            await load(reader, roster(ANN))


async def test_a_reader_leaves_the_folder_as_it_found_it(tmp_path: Path) -> None:
    path = tmp_path / "a file with % and #.db"
    async with await open_store(f"sqlite:///{path}") as store:
        await load(store, roster(ANN))
    before = path.read_bytes()
    async with await open_reader(f"sqlite:///{path}") as reader:
        assert await reader.rooms() == (ROOM,)
    assert (names(tmp_path), path.read_bytes()) == ([path.name], before)


async def test_a_reader_sees_what_a_writer_does_meanwhile(url: str) -> None:
    async with await open_store(url) as store, await open_reader(url) as reader:
        await load(store, roster(ANN))
        assert await reader.rooms() == (ROOM,)


async def test_a_locked_file_is_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    async with await open_store(f"sqlite:///{path}") as store:
        await pragma(store, "busy_timeout=0")
        with contextlib.closing(sqlite3.connect(path)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreError, match="is locked by another process"):
                await load(store, roster(ANN))
        await load(store, roster(ANN))


async def test_a_read_only_file_is_told_as_such(shared: Path) -> None:
    path = shared / "store.db"
    async with await open_store(f"sqlite:///{path}") as store:
        await load(store, roster(ANN))
    permit(path, 0o444)
    permit(shared, 0o777)
    with unprivileged(), pytest.raises(StoreError, match="is read-only"):
        await open_store(f"sqlite:///{path}")
    with unprivileged():
        async with await open_reader(f"sqlite:///{path}") as reader:
            assert await reader.rooms() == (ROOM,)


async def test_a_read_only_folder_is_told_as_such(shared: Path) -> None:
    with unprivileged(), pytest.raises(StoreError, match=r"folder .* is read-only"):
        await open_store(f"sqlite:///{shared / 'store.db'}")


async def test_a_file_that_may_not_be_read_is_told_as_such(shared: Path) -> None:
    path = shared / "store.db"
    path.touch()
    permit(path, 0o000)
    for opening in (open_store, open_reader):
        with unprivileged(), pytest.raises(StoreError, match="you may not read it"):
            await opening(f"sqlite:///{path}")


async def test_a_file_of_something_else_is_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear reader, this is no database. " * 99)
    for opening in (open_store, open_reader):
        with pytest.raises(StoreError, match="is not an SQLite database"):
            await opening(f"sqlite:///{path}")


async def test_a_missing_folder_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=f"there is no folder {tmp_path}/none"):
        await open_store(f"sqlite:///{tmp_path}/none/store.db")


async def test_a_folder_in_place_of_a_file_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="it is a folder"):
        await open_store(f"sqlite:///{tmp_path}")


async def test_a_missing_file_is_not_made_unless_asked_for(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="does not exist"):
        await open_store(f"sqlite:///{tmp_path / 'none.db'}", create=False)
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "cannot be read"),
        ("hunter2", "cannot be read"),
        ("postgresql://u:hunter2@host:port/db", "cannot be read"),
        ("postgresql://u:hunter2@host/db?autocommit=true", "option 'autocommit'"),
        ("postgresql://u:hunter2@host/db?prepare_threshold=0", "'prepare_threshold'"),
        ("postgresql://u:hunter2@host/db?row_factory=x", "option 'row_factory'"),
        ("postgresql://u:hunter2@host/db?sslmod=require", "Did you mean 'sslmode'"),
        ("mysql://u:hunter2@host/db", "'mysql', which is not supported"),
        ("postgresql+asyncpg://u:hunter2@host/db", "is not supported"),
        ("sqlite://", "must be a file"),
        ("sqlite:///:memory:", "must be a file"),
        ("sqlite:///file:x?mode=memory", "takes no options"),
        ("sqlite://reconciler.db", "three slashes"),
    ],
)
async def test_a_url_that_names_no_database_is_refused(url: str, said: str) -> None:
    for opening in (open_store, open_reader):
        with pytest.raises(SettingError, match=said) as caught:
            await opening(url)
        assert "hunter2" not in str(caught.value)


async def test_a_server_that_is_not_there_is_told_without_the_password() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{held.getsockname()[1]}"
        with pytest.raises(StoreError, match="cannot be reached") as caught:
            await open_store(f"postgres://ops:hunter2@{address}/db?password=hunter2")
    assert f"postgresql://ops@{address}/db" in str(caught.value)
    assert "hunter2" not in str(caught.value)


async def test_a_database_that_is_not_there_is_told_as_such(server: Server) -> None:
    with pytest.raises(StoreError, match="has no such database"):
        await open_store(server.url("nowhere"))


async def test_it_is_the_store_that_the_engine_asks_for(store: SqlStore) -> None:
    port: Store = store
    await load(store, roster(ANN))
    found, _ = (await port.read((ROOM,), NOW))[ROOM]
    assert found is not None
    assert found.standing is Standing.MANAGED


async def test_an_sqlite_file_and_its_log_can_be_read_by_their_owner_alone(
    tmp_path: Path,
) -> None:
    before = os.umask(0o022)
    try:
        async with await open_store(f"sqlite:///{tmp_path / 'new.db'}") as store:
            await store.rooms()
            modes = _modes(tmp_path)
    finally:
        os.umask(before)
    assert modes == dict.fromkeys(("new.db", "new.db-wal", "new.db-shm"), 0o600)


def _modes(folder: Path) -> dict[str, int]:
    return {each.name: each.stat().st_mode & 0o777 for each in folder.iterdir()}

"""Who waits for the database, and is cancelled or told to end meanwhile."""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import Connection, event, func, insert, select

from reconciler.model.errors import StoreError
from reconciler.store.database import database as connections
from reconciler.store.database.database import Database, writable
from reconciler.store.database.url import parse_database_url
from reconciler.store.database.worker_threads import WorkerThreads
from reconciler.store.database.write_line import MOST_TOGETHER, Work
from reconciler.store.tables import marks


@pytest.fixture
async def database(template_file: Path, tmp_path: Path) -> AsyncIterator[Database]:
    path = tmp_path / "store.db"
    shutil.copyfile(template_file, path)
    opened = writable(parse_database_url(f"sqlite:///{path}"), create=False)
    yield opened
    await opened.close()


class Slow:
    """Work that begins, and ends when it is let go on."""

    def __init__(self, work: Callable[[Connection], object] = id) -> None:
        self.begun, self.may_end = Event(), Event()
        self._work = work

    def __call__(self, connection: Connection) -> None:
        self.begun.set()
        assert self.may_end.wait(60)
        self._work(connection)

    async def until_begun(self) -> None:
        assert await asyncio.to_thread(self.begun.wait, 60)


def put_mark(connection: Connection) -> None:
    row = {"room": "support-line", "at": 0.0, "cause": "test"}
    connection.execute(insert(marks).values(row))


async def count(database: Database) -> int:
    counted = select(func.count()).select_from(marks)
    return await database.read(lambda it: it.execute(counted).scalar_one())


async def test_a_write_that_has_begun_is_seen_through_before_its_caller_is_cancelled(
    database: Database,
) -> None:
    slow = Slow(put_mark)
    writing = asyncio.create_task(database.write(slow))
    await slow.until_begun()
    for _ in range(3):
        writing.cancel()
        await asyncio.sleep(0.01)
        assert not writing.done()
    slow.may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert await count(database) == 1


async def test_a_write_that_has_not_begun_never_does_once_its_caller_is_cancelled(
    database: Database,
) -> None:
    slow = Slow()
    first = asyncio.create_task(database.write(slow))
    await slow.until_begun()
    second = asyncio.create_task(database.write(put_mark))
    await asyncio.sleep(0.01)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    slow.may_end.set()
    await first
    await database.write(id)
    assert await count(database) == 0


async def test_a_write_that_fails_after_its_caller_was_cancelled_is_no_noise(
    database: Database,
) -> None:
    def fail(_: Connection) -> None:
        raise StoreError("too late")

    slow = Slow(fail)
    writing = asyncio.create_task(database.write(slow))
    await slow.until_begun()
    writing.cancel()
    await asyncio.sleep(0.01)
    slow.may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await writing


async def test_a_cancelled_caller_does_not_wait_for_ever_for_a_database_that_hangs(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "_SEE_THROUGH_SECONDS", 0.05)
    slow = Slow()
    writing = asyncio.create_task(database.write(slow))
    await slow.until_begun()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    slow.may_end.set()


async def test_a_read_is_left_alone_as_soon_as_its_time_is_up(
    database: Database,
) -> None:
    slow = Slow()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await database.read(slow)
    slow.may_end.set()
    assert await count(database) == 0


async def test_reads_go_beside_a_write(database: Database) -> None:
    slow = Slow(put_mark)
    writing = asyncio.create_task(database.write(slow))
    await slow.until_begun()
    assert await count(database) == 0
    slow.may_end.set()
    await writing
    assert await count(database) == 1


async def test_writes_come_in_the_order_in_which_they_were_asked_for(
    database: Database,
) -> None:
    seen: list[int] = []

    def see(number: int, _: Connection) -> None:
        seen.append(number)

    await asyncio.gather(*(database.write(partial(see, n)) for n in range(20)))
    assert seen == list(range(20))


async def test_closing_does_not_wait_for_a_database_that_hangs(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "_CLOSE_SECONDS", 0.05)
    slow = Slow()
    reading = asyncio.create_task(database.read(slow))
    await slow.until_begun()
    await database.close()
    slow.may_end.set()
    await reading


async def test_closing_lets_go_of_what_has_not_begun(database: Database) -> None:
    slow = Slow()
    first = asyncio.create_task(database.write(slow))
    await slow.until_begun()
    second = asyncio.create_task(database.write(put_mark))
    await asyncio.sleep(0)
    closing = asyncio.create_task(database.close())
    await asyncio.sleep(0)
    slow.may_end.set()
    await asyncio.gather(closing, first)
    with pytest.raises(StoreError, match="is closed"):
        await second


async def test_a_closed_database_is_told_as_such(database: Database) -> None:
    await database.close()
    for use in (database.read, database.write):
        with pytest.raises(StoreError, match="is closed"):
            await use(id)


@pytest.mark.process
def test_a_crew_is_no_larger_than_it_is_told_to_be_nor_than_it_must() -> None:
    crew = WorkerThreads("test", 2)
    assert [crew.submit(partial(int, n)).result() for n in range(5)] == [0, 1, 2, 3, 4]
    assert crew._threads <= 2
    crew.end()


def python(source: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", source, *arguments],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.stdout


HANGING = """
import threading
from reconciler.store.database.worker_threads import WorkerThreads

begun = threading.Event()
WorkerThreads("test", 1).submit(lambda: (begun.set(), threading.Event().wait()))
begun.wait()
"""


@pytest.mark.process
def test_a_process_ends_though_its_database_hangs() -> None:
    assert python(HANGING) == ""


LEAN = """
import asyncio, sys
from reconciler.store.opening import open_store

async def main():
    async with await open_store(sys.argv[1]) as store:
        await store.rooms()

asyncio.run(main())
print({"alembic", "aiosqlite", "greenlet"} & set(sys.modules))
"""


@pytest.mark.process
def test_opening_a_database_that_is_up_to_date_loads_nothing_to_migrate_it(
    template_file: Path, tmp_path: Path
) -> None:
    path = tmp_path / "store.db"
    shutil.copyfile(template_file, path)
    assert python(LEAN, f"sqlite:///{path}") == "set()\n"


async def test_a_transaction_that_ended_well_is_a_sign_of_life_and_no_other_is(
    database: Database,
) -> None:
    def broken(_: Connection) -> None:
        raise StoreError("broken")

    assert not database.answered_within(3600.0)
    with pytest.raises(StoreError):
        await database.read(broken)
    assert not database.answered_within(3600.0)
    await count(database)
    assert database.answered_within(3600.0)
    assert not database.answered_within(-1.0)


def put_and_fail(connection: Connection) -> None:
    put_mark(connection)
    raise KeyError("undone")


def break_off(connection: Connection) -> None:
    """As SQLite does when its disk is full: the whole transaction is undone."""
    connection.exec_driver_sql("ROLLBACK")
    raise OSError("the disk is full")


async def together(
    database: Database, *works: Work, brief: bool = True
) -> list[object]:
    """What becomes of *works*, all of which wait for a write that takes its time."""
    slow = Slow()
    first = asyncio.create_task(database.write(slow))
    await slow.until_begun()
    writes = [asyncio.create_task(database.write(x, brief=brief)) for x in works]
    await asyncio.sleep(0)
    slow.may_end.set()
    await first
    results: list[object] = await asyncio.gather(*writes, return_exceptions=True)
    return results


def commits_of(database: Database) -> list[object]:
    """Grows with each transaction that is committed."""
    commits: list[object] = []
    event.listen(database._writing, "commit", commits.append)
    return commits


@pytest.mark.parametrize(("brief", "commits"), [(True, 2), (False, 4)])
async def test_brief_writes_that_wait_share_a_transaction_and_others_do_not(
    database: Database, brief: bool, commits: int
) -> None:
    made = commits_of(database)
    await together(database, put_mark, put_mark, put_mark, brief=brief)
    assert await count(database) == 3
    assert len(made) == commits


async def test_a_brief_write_that_fails_undoes_itself_alone(database: Database) -> None:
    first, second, third = await together(database, put_mark, put_and_fail, put_mark)
    assert (first, third) == (None, None)
    assert isinstance(second, KeyError)
    assert await count(database) == 2


async def test_what_undoes_a_transaction_is_told_to_all_that_shared_it(
    database: Database,
) -> None:
    results = await together(database, put_mark, break_off, put_mark)
    assert all(isinstance(each, StoreError) for each in results)
    assert await count(database) == 0
    await database.write(put_mark, brief=True)
    assert await count(database) == 1


async def test_a_brief_write_waits_for_no_other_kind_of_write(
    database: Database,
) -> None:
    slow, long = Slow(), Slow(put_mark)
    first = asyncio.create_task(database.write(slow))
    await slow.until_begun()
    brief = asyncio.create_task(database.write(put_mark, brief=True))
    other = asyncio.create_task(database.write(long))
    await asyncio.sleep(0)
    slow.may_end.set()
    await brief
    assert await count(database) == 1
    long.may_end.set()
    await asyncio.gather(first, other)
    assert await count(database) == 2


async def test_only_so_many_brief_writes_share_a_transaction(
    database: Database,
) -> None:
    made = commits_of(database)
    await together(database, *[put_mark] * (2 * MOST_TOGETHER + 1))
    assert len(made) == 1 + 3


async def test_a_brief_write_whose_caller_is_cancelled_is_not_done_with_the_others(
    database: Database,
) -> None:
    slow = Slow()
    first = asyncio.create_task(database.write(slow))
    await slow.until_begun()
    writes = [
        asyncio.create_task(database.write(put_mark, brief=True)) for _ in range(3)
    ]
    await asyncio.sleep(0)
    writes[1].cancel()
    await asyncio.sleep(0)
    slow.may_end.set()
    await asyncio.gather(first, *writes, return_exceptions=True)
    assert writes[1].cancelled()
    assert await count(database) == 2

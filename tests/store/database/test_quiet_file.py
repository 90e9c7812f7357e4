"""Who wrote to the file is never missed, and nobody is asked where nobody wrote."""

import os
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.store.database.quiet_file import APART_SECONDS, MOST_SECONDS, QuietFile


class Records:
    """A database with a log, whose rows a feed reads after the last that it has."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "store.db"
        self.writing = sqlite3.connect(self.path, isolation_level=None)
        self.writing.execute("PRAGMA journal_mode=WAL")
        self.writing.execute("PRAGMA wal_autocheckpoint=3")
        self.writing.execute("CREATE TABLE marks (id INTEGER PRIMARY KEY)")
        self.reading = sqlite3.connect(self.path, isolation_level=None)
        self.quiet = QuietFile(self.path)
        self.last, self.reads, self.now = 0, 0, 100.0

    def write(self) -> None:
        self.writing.execute("INSERT INTO marks DEFAULT VALUES")

    async def read(self) -> tuple[int, ...]:
        self.reads += 1
        found = self.reading.execute("SELECT id FROM marks WHERE id > ?", [self.last])
        return tuple(number for (number,) in found)

    async def news(self) -> tuple[int, ...]:
        found = await self.quiet.news(self.last, self.read, self.now)
        self.last = max(found, default=self.last)
        return found

    async def settle(self) -> None:
        """Ask until nobody is asked any longer."""
        for _ in range(3):
            await self.news()
            self.now += APART_SECONDS

    def close(self) -> None:
        self.reading.close()
        self.writing.close()


async def test_a_quiet_database_is_not_asked(tmp_path: Path) -> None:
    records = Records(tmp_path)
    await records.settle()
    before = records.reads
    for _ in range(4):
        records.now += 1.0
        assert await records.news() == ()
    assert records.reads == before
    records.close()


async def test_what_was_written_is_read_at_the_next_question(tmp_path: Path) -> None:
    records = Records(tmp_path)
    for number in range(1, 30):
        await records.settle()
        records.write()
        records.now += 1.0
        assert await records.news() == (number,)
    records.close()


async def test_a_commit_that_changes_neither_time_nor_size_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two commits within a tick of the kernel's clock, the second over the first."""
    records = Records(tmp_path)
    await records.settle()
    monkeypatch.setattr(QuietFile, "_files", lambda _: ((1, 2, 3, 4),))
    assert await records.news() == ()
    records.write()
    records.now += 1.0
    assert await records.news() == (1,)
    records.close()


@pytest.mark.parametrize("times_stand", [True, False])
@given(
    steps=st.lists(
        st.tuples(st.booleans(), st.sampled_from([0.0, 0.01, APART_SECONDS, 1.0])),
        max_size=25,
    )
)
async def test_no_row_is_missed_whenever_it_is_written(
    tmp_path_factory: pytest.TempPathFactory,
    times_stand: bool,
    steps: list[tuple[bool, float]],
) -> None:
    """Also where the clock of the files stands while less than ``APART_SECONDS`` pass."""
    records = Records(tmp_path_factory.mktemp("quiet"))
    written, found = 0, 0
    for writes, seconds in steps:
        if writes:
            records.write()
            written += 1
            if times_stand:
                tick = int(records.now / APART_SECONDS) * 10**9
                os.utime(records.path, ns=(tick, tick))
                os.utime(f"{records.path}-wal", ns=(tick, tick))
        records.now += seconds
        found += len(await records.news())
    for _ in range(3):
        records.now += 1.0
        found += len(await records.news())
    assert found == written
    records.close()


async def test_a_quiet_database_is_asked_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever files say of which nobody thought."""
    records = Records(tmp_path)
    monkeypatch.setattr(QuietFile, "_files", lambda _: ((1, 2, 3, 4),))
    await records.settle()
    records.write()
    records.now += MOST_SECONDS
    assert await records.news() == (1,)
    records.close()


async def test_what_was_written_through_a_link_is_read(tmp_path: Path) -> None:
    """SQLite keeps the log beside the file, not beside the link."""
    (tmp_path / "volume").mkdir()
    link = tmp_path / "store.db"
    link.symlink_to(tmp_path / "volume" / "store.db")
    records = Records(tmp_path)
    await records.settle()
    before = records.reads
    assert await records.news() == ()
    assert records.reads == before
    records.write()
    assert await records.news() == (1,)
    records.close()


async def test_another_question_and_another_file_are_asked(tmp_path: Path) -> None:
    records = Records(tmp_path)
    records.write()
    await records.settle()
    before = records.reads
    records.last = 0
    assert await records.news() == (1,)
    await records.settle()
    records.path.rename(tmp_path / "aside.db")
    records.path.write_bytes((tmp_path / "aside.db").read_bytes())
    asked = records.reads
    await records.news()
    assert records.reads == asked + 1 > before
    records.close()


@pytest.mark.parametrize("name", [None, "missing.db"])
async def test_what_is_no_file_is_asked_each_time(
    tmp_path: Path, name: str | None
) -> None:
    records = Records(tmp_path)
    records.quiet = QuietFile(tmp_path / name if name else None)
    await records.settle()
    before = records.reads
    await records.news()
    assert records.reads == before + 1
    records.close()


async def test_a_read_that_fails_confirms_nothing(tmp_path: Path) -> None:
    records = Records(tmp_path)
    await records.settle()
    records.write()

    async def failing() -> tuple[int, ...]:
        raise sqlite3.OperationalError("disk I/O error")

    for _ in range(3):
        records.now += 1.0
        with pytest.raises(sqlite3.OperationalError):
            await records.quiet.news(records.last, failing, records.now)
    assert await records.news() == (1,)
    records.close()

"""``db backup`` and ``db restore``: copies in use, of one account."""

import asyncio
import sqlite3
import stat
from contextlib import closing

import pytest
from alembic import command

from reconciler.store.migration import alembic_config
from tests.cli.conftest import World
from tests.store.test_migrations import within

OTHER = "AC" + "c3" * 16


def test_a_copy_made_in_use_is_restored_with_what_was_there_kept(world: World) -> None:
    world.converge()
    with closing(sqlite3.connect(world.folder / "reconciler.db")) as busy:
        busy.execute("SELECT count(*) FROM rosters").fetchall()
        saved = world.run("db", "backup", "copy.db")
    world.run("pause", "line")

    done = world.run("db", "restore", "copy.db", "--yes")

    assert saved.code == done.code == 0, done.err
    assert stat.S_IMODE((world.folder / "copy.db").stat().st_mode) == 0o600
    assert "paused" not in world.run("status").out
    (kept,) = world.folder.glob("reconciler.db.before-restore-*")
    assert str(kept.name) in done.out
    assert not list(world.folder.glob(".copy*"))
    assert world.run("sync").code == 0
    assert len(world.people()) == 5


def test_a_copy_does_not_overwrite_a_file(world: World) -> None:
    world.converge()
    (world.folder / "copy.db").write_text("mine")

    done = world.run("db", "backup", "copy.db")

    assert done.code == 78
    assert "copy.db exists" in done.err
    assert (world.folder / "copy.db").read_text() == "mine"


def test_a_copy_of_another_account_is_refused_by_name(world: World) -> None:
    world.converge()
    world.run("db", "backup", "copy.db")

    by_environment = world.run(
        "db", "restore", "copy.db", "--yes", TWILIO_ACCOUNT_SID=OTHER
    )
    world.run("db", "rebind", "--yes", TWILIO_ACCOUNT_SID=OTHER)
    by_database = world.run("db", "restore", "copy.db", "--yes", TWILIO_ACCOUNT_SID="")

    assert by_environment.code == by_database.code == 78
    assert OTHER in by_environment.err
    assert f"the database to {OTHER}" in by_database.err


def test_a_database_in_use_is_not_replaced(world: World) -> None:
    world.converge()
    world.run("db", "backup", "copy.db")
    with closing(sqlite3.connect(world.folder / "reconciler.db")) as busy:
        busy.execute("SELECT count(*) FROM rosters").fetchall()

        done = world.run("db", "restore", "copy.db", "--yes")

    assert done.code == 69
    assert "is in use: stop the daemon" in done.err
    assert not list(world.folder.glob("*.before-restore-*"))


@pytest.mark.parametrize(
    ("content", "code"), [(b"not a database, but long enough to be one", 69), (b"", 78)]
)
def test_a_file_that_is_no_copy_is_refused(
    world: World, content: bytes, code: int
) -> None:
    world.converge()
    (world.folder / "copy.db").write_bytes(content)

    done = world.run("db", "restore", "copy.db", "--yes")

    assert done.code == code, done.err
    assert "copy.db" in done.err


def test_a_restore_asks_and_no_input_forbids_the_question(world: World) -> None:
    world.converge()
    world.run("db", "backup", "copy.db")

    asked = world.run("db", "restore", "copy.db")
    never = world.run("db", "restore", "copy.db", "--no-input")

    assert asked.code == never.code == 64
    assert "pass --yes to restore" in asked.err
    assert "--no-input: pass --yes to restore" in never.err


@pytest.mark.parametrize(
    ("words", "tool"),
    [
        (("backup", "copy.db"), "pg_dump {} --format=custom --file=FILE"),
        (("restore", "here", "--yes"), "pg_restore {} --clean --if-exists FILE"),
    ],
)
def test_postgresql_is_refused_with_the_command_that_does_it(
    world: World, words: tuple[str, ...], tool: str
) -> None:
    (world.folder / "here").write_text("")

    done = world.run(
        "db", *words, "--database-url", "postgresql://me:secret@db.example/rooms"
    )

    assert done.code == 78
    place = "--host=db.example --username=me --dbname=rooms"
    assert tool.format(place) in done.err
    assert "secret" not in done.err


async def test_older_tables_are_restored_and_brought_up_to_date(world: World) -> None:
    world.converge()
    await within(
        f"sqlite:///{world.folder}/reconciler.db",
        lambda it: command.downgrade(alembic_config(it), "0013"),
    )
    await asyncio.to_thread(world.run, "db", "backup", "copy.db")
    (world.folder / "reconciler.db").unlink()

    done = await asyncio.to_thread(world.run, "db", "restore", "copy.db", "--yes")

    assert done.code == 0, done.err
    current = await asyncio.to_thread(world.run, "db", "current")
    assert "up to date" in current.out

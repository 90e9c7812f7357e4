"""Rooms of a list are read from SQLite by indexes."""

import shutil
from pathlib import Path

from sqlalchemy import Connection

from reconciler.store.database.driver_statements import driver
from reconciler.store.opening import open_store
from tests.store.samples import ANN, BOB, NOW, ROOM, load, roster

LARGE = {"rosters", "members", "attempts", "calls", "call_fields"}
"""Tables that grow with rooms and calls."""


def plan(connection: Connection, asked: list[str]) -> list[str]:
    """The steps by which SQLite answers what is *asked*."""
    return [
        row.detail
        for text in asked
        for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")
    ]


async def test_rooms_are_read_by_indexes_and_no_large_table_is_scanned(
    template_file: Path, tmp_path: Path
) -> None:
    path = tmp_path / "store.db"
    shutil.copyfile(template_file, path)
    async with await open_store(f"sqlite:///{path}") as store:
        asked: list[str] = []
        await load(store, roster(ANN, BOB))
        await store.database.read(
            lambda it: driver(it).set_trace_callback(asked.append)
        )
        await store.read([ROOM], NOW)
        await store.database.read(lambda it: driver(it).set_trace_callback(None))
        selects = [each for each in asked if each.startswith("SELECT")]
        steps = await store.database.read(lambda it: plan(it, selects))
    scanned = {step.split()[1] for step in steps if step.startswith("SCAN ")}
    assert scanned & LARGE == set()
    assert any(step.startswith("SEARCH members USING INDEX") for step in steps)

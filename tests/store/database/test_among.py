"""Rooms of a list are read from SQLite by indexes."""

import shutil
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event

from reconciler.store.opening import open_store
from tests.store.samples import ANN, BOB, NOW, ROOM, load, roster

LARGE = {"rosters", "members", "attempts", "calls", "call_fields"}
"""Tables that grow with rooms and calls."""

Asked = list[tuple[str, Any]]


def plan(connection: Connection, asked: Asked) -> list[str]:
    """The steps by which SQLite answers what is *asked*."""
    return [
        row.detail
        for text, values in asked
        for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)
    ]


async def test_rooms_are_read_by_indexes_and_no_large_table_is_scanned(
    template_file: Path, tmp_path: Path
) -> None:
    path = tmp_path / "store.db"
    shutil.copyfile(template_file, path)
    async with await open_store(f"sqlite:///{path}") as store:
        asked: Asked = []

        def note(*told: Any) -> None:
            asked.append((told[2], told[3]))

        await load(store, roster(ANN, BOB))
        event.listen(store.database._reading, "before_cursor_execute", note)
        await store.read([ROOM], NOW)
        selects = [each for each in asked if each[0].startswith("SELECT")]
        steps = await store.database.read(lambda it: plan(it, selects))
    scanned = {step.split()[1] for step in steps if step.startswith("SCAN ")}
    assert scanned & LARGE == set()
    assert any(step.startswith("SEARCH members USING INDEX") for step in steps)

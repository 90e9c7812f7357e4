"""Rooms copied in SQL are those that the product makes itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Table, create_engine, select

from benchmarks.cores import Cores
from benchmarks.harness import Bench
from benchmarks.rows.checks import started_in
from benchmarks.seed import database_url
from benchmarks.world import World
from reconciler.store.database.url import parse_database_url
from reconciler.store.tables import changes, loaded_folders
from reconciler.store.tables.metadata import metadata

OF = World(60, 5)
"""Files hold fifty rooms each."""

OWN = {"id", "rules", "watermark"}
"""Columns that differ from run to run, beside times."""


def rows_at(home: Path) -> Mapping[str, list[str]]:
    """The rows of all tables with rooms, without what differs from run to run."""
    engine = create_engine(parse_database_url(database_url(home)).url)
    with engine.connect() as connection:
        found = {
            table.name: sorted(
                repr([*map(_timeless, row)]).replace(str(home), "HOME")
                for row in connection.execute(select(*_common(table)))
            )
            for table in metadata.sorted_tables
            if "room" in table.columns and table is not changes
        }
    engine.dispose()
    return found


def folders_at(home: Path) -> list[Any]:
    """What is on record of the folder: another text if it was loaded since."""
    engine = create_engine(parse_database_url(database_url(home)).url)
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(select(loaded_folders))]
    engine.dispose()
    return found


def _common(table: Table) -> list[Column[Any]]:
    return [each for each in table.columns if each.name not in OWN]


def _timeless(value: object) -> object:
    match value:
        case float():
            return "a time"
        case dict():
            return {name: _timeless(each) for name, each in value.items()}
        case list():
            return [*map(_timeless, value)]
        case _:
            return value


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[str]]:
    """The rows of rooms that the product loaded and observed, each of them."""
    bench = Bench(Cores(-1, -1), tmp_path_factory.mktemp("made"))
    with bench.over():
        return rows_at(bench.home(OF))


@pytest.mark.process
def test_copies_of_a_room_are_rooms_as_a_daemon_leaves_them(
    tmp_path: Path, url: str, made: Mapping[str, list[str]]
) -> None:
    bench = Bench(Cores(-1, -1), tmp_path)
    with bench.over():
        server = bench.server(OF)
        home = bench.copied_home("copied", OF, server, url)
        assert rows_at(home) == made
        loaded = folders_at(home)
        product = started_in(bench, home, OF, server)
        assert product.ready["endings"] == {"rested": OF.rooms}
        assert folders_at(home) == loaded

"""Rooms at rest as copies of the first one, which a daemon left so.

The server copies the rows in SQL: names, SIDs and numbers are replaced wherever they
stand, and hashes are given. So a world of 100,000 rooms is made in seconds that a
daemon would need an hour for.
"""

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec import to_builtins
from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    Engine,
    MetaData,
    String,
    Table,
    Text,
    bindparam,
    cast,
    create_engine,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    type_coerce,
    update,
)

from benchmarks.seed import (
    ROOMS_A_FILE,
    database_url,
    folder,
    observation,
    write_files,
)
from benchmarks.world import Room, World, document
from reconciler.bootstrap import settings
from reconciler.bootstrap.desired_state_loader import folder_digest
from reconciler.bootstrap.policy_source import PolicySource
from reconciler.bootstrap.rules_digest import RulesDigest
from reconciler.bootstrap.zone_data import zone_data
from reconciler.files.folder_digest import folder_content
from reconciler.model.load_result import FileReport, Loaded, LoadedFolder
from reconciler.planning.observed_room import fingerprint
from reconciler.store.database.url import parse_database_url
from reconciler.store.queries import change_feed, loaded_folders
from reconciler.store.queries.retention import CHANGES_KEPT
from reconciler.store.queries.roster_row import hash_of, without_defaults
from reconciler.store.queries.stored_room import LoadContext
from reconciler.store.tables import (
    changes,
    converged_rooms,
    observations,
    revisions,
    rosters,
)
from reconciler.store.tables.metadata import metadata
from reconciler.twilio.api.listing_snapshot import ListingSnapshot

_GIVEN: Mapping[Column[Any], str] = {
    rosters.c.content: "content",
    rosters.c.path: "path",
    rosters.c.source: "source",
    observations.c.fingerprint: "fingerprint",
    converged_rooms.c.fingerprint: "fingerprint",
    converged_rooms.c.listing: "listing",
}
"""Columns that hold something else than the first room's text with other names in it."""


@dataclass(frozen=True, slots=True)
class _Copying:
    """How the rows of ``first`` become those of other rooms.

    ``table`` has a row for each of them, with what replaces each of ``words``.
    """

    first: Room
    table: Table
    words: Mapping[str, str]

    def insert(self, connection: Connection, into: Table) -> None:
        """Copy the rows that *into* has of the first room, for all others."""
        wanted = [each for each in into.columns if each.name != "id"]
        rows = into.join(self.table, literal(1) == 1)
        chosen = (
            select(*(self._value(connection, each) for each in wanted))
            .select_from(rows)
            .where(into.c.room == self.first.name)
        )
        names = [each.name for each in wanted]
        connection.execute(insert(into).from_select(names, chosen))

    def _value(self, connection: Connection, column: Column[Any]) -> ColumnElement[Any]:
        if column in _GIVEN:
            return self.table.c[_GIVEN[column]]
        if isinstance(column.type, JSON):
            return self._document(connection, column)
        return self._replaced(column) if isinstance(column.type, String) else column

    def _document(
        self, connection: Connection, column: Column[Any]
    ) -> ColumnElement[Any]:
        """PostgreSQL keeps the text of a document as it is; SQLite has only text."""
        if connection.dialect.name == "sqlite":
            return self._replaced(type_coerce(column, Text))
        return cast(self._replaced(cast(column, Text)), JSON)

    def _replaced(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        for name, word in self.words.items():
            value = func.replace(value, word, self.table.c[name])
        return value


def copy_rooms(home: Path, of: World) -> None:
    """Make a world of the first room's, which is in the database of *home* alone."""
    write_files(home, of)
    first, *others = of.each()
    engine = create_engine(parse_database_url(database_url(home)).url)
    with engine.begin() as connection:
        copying = _copying(connection, home, first, others)
        for table in metadata.sorted_tables:
            if "room" in table.columns and table is not changes:
                copying.insert(connection, table)
        connection.execute(_PRUNED)
    with engine.begin() as connection:
        _rest(connection, folder(home))
    _tidied(engine)
    engine.dispose()


def _copying(
    connection: Connection, home: Path, first: Room, others: list[Room]
) -> _Copying:
    """The table of what replaces what, filled for *others*."""
    words = _words(first)
    columns = (Column(x, Text) for x in (*words, *dict.fromkeys(_GIVEN.values())))
    table = Table("copies", MetaData(), *columns, prefixes=["TEMPORARY"])
    table.create(connection)
    stored = _Stored.of(connection, first)
    rows = [stored.row(home, number, x) for number, x in enumerate(others, 1)]
    connection.execute(insert(table), rows)
    return _Copying(first, table, words)


def _words(room: Room) -> dict[str, str]:
    """All that tells a room's rows from another's, by a name of its own."""
    people = enumerate(room.people)
    said = {"room": room.name, "conference": room.sid}
    for place, person in people:
        said |= {f"call_{place}": person.call_sid, f"to_{place}": person.to}
    return said


@dataclass(frozen=True, slots=True)
class _Stored:
    """What the rows of the first room hold that hashes of others are made with."""

    roster: Mapping[str, Any]
    declared_at: float
    seen_at: float

    @classmethod
    def of(cls, connection: Connection, first: Room) -> "_Stored":
        """As *first* is stored."""
        row = connection.execute(_FIRST, {"first": first.name}).one()
        return cls(row.roster, row.loaded_at, row.seen_at)

    def row(self, home: Path, number: int, room: Room) -> dict[str, Any]:
        """The row of ``copies`` for *room*."""
        seen = observation(room, declared_at=self.declared_at, at=self.seen_at)
        shown = tuple(leg.participant for leg in seen.legs)
        path = folder(home) / f"rooms-{number - number % ROOMS_A_FILE:05d}.yaml"
        lines = document(room).count("\n") + 1
        return {
            **_words(room),
            "path": str(path),
            "source": f"{path}:{1 + number % ROOMS_A_FILE * lines}",
            "content": self._content(room),
            "fingerprint": fingerprint(seen),
            "listing": ListingSnapshot("", shown, lambda _: ()).stored,
        }

    def _content(self, room: Room) -> str:
        members = [
            said | {"to_address": person.to}
            for said, person in zip(self.roster["members"], room.people, strict=True)
        ]
        said = {**self.roster, "room": room.name, "members": members}
        return hash_of(without_defaults(said))


_FIRST = (
    select(revisions.c.roster, revisions.c.loaded_at, observations.c.seen_at)
    .join(observations, observations.c.room == revisions.c.room)
    .where(revisions.c.room == bindparam("first"))
)

_PRUNED = delete(changes).where(
    changes.c.id
    <= select(func.max(changes.c.id)).scalar_subquery() - literal(CHANGES_KEPT)
)
"""As daemons leave it that pruned for a while."""


def _rest(connection: Connection, desired: Path) -> None:
    """What a daemon notes at its end: no row was written since, and files as loaded."""
    now = to_builtins(change_feed.watermark(connection))
    connection.execute(update(converged_rooms).values(watermark=now))
    report = FileReport(folder=LoadedFolder(_digest(desired)))
    load = LoadContext(str(desired), time.time(), "benchmark", report)
    loaded_folders.record(connection, load, Loaded())


def _digest(desired: Path) -> str:
    """What a daemon knows the folder by, of this code and without a policy."""
    policy = PolicySource.open(settings()).current
    content = folder_content(desired, (), policy)
    if content is None:
        raise RuntimeError(f"{desired} cannot be read")
    rules = RulesDigest(lambda: policy, (zone_data().described(),))
    return folder_digest(rules(), content.digest)


def _tidied(engine: Engine) -> None:
    """What autovacuum of PostgreSQL would else do while something is measured."""
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.execute(text("VACUUM ANALYZE"))


def main() -> None:
    """``python -m benchmarks.copies HOME ROOMS PEOPLE``."""
    home, of = Path(sys.argv[1]), World(int(sys.argv[2]), int(sys.argv[3]))
    copy_rooms(home, of)


if __name__ == "__main__":
    main()

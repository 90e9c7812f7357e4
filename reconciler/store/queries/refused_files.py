"""Roster files with errors: which rooms keep their roster, and since when."""

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, Select, delete, insert, or_, select

from reconciler.engine.desired_room import Standing
from reconciler.model.errors import Problem, RefusedFile
from reconciler.model.event import Event
from reconciler.model.load_result import FileReport
from reconciler.store.database.among import one_of_texts
from reconciler.store.database.answers import AnyRow
from reconciler.store.queries.row import Columns
from reconciler.store.queries.stored_room import LoadContext
from reconciler.store.tables import refused_files, rosters


class Refusal(Struct, frozen=True):
    """A refused file with the Unix time at which it was refused first.

    ``held`` are the rooms that keep the roster loaded before, sorted.
    """

    file: RefusedFile
    since: float
    held: tuple[str, ...] = ()


def holds(report: FileReport, room: str, path: str) -> bool:
    """Whether a refused file of *report* keeps *room*, loaded from *path*, as it is."""
    return any(
        room in refused.rooms
        or path == refused.path
        or path.startswith(f"{refused.path}/")
        for refused in report.refused
    )


def path_of(row: AnyRow) -> str:
    """The absolute path of the file that a row of ``rosters`` was loaded from."""
    if row.path is not None:
        return str(row.path)
    return os.path.abspath(str(row.source).rpartition(":")[0])  # noqa: PTH100 - links kept


def refusals(connection: Connection) -> tuple[Refusal, ...]:
    """All files that are refused now, sorted by path."""
    result = connection.execute(select(refused_files).order_by(refused_files.c.path))
    refused = [_refusal(row) for row in result]
    if not refused:
        return ()
    columns = rosters.c.room, rosters.c.path, rosters.c.source
    managed = rosters.c.standing != Standing.RELEASED
    rooms = connection.execute(select(*columns).where(managed)).all()
    return tuple(
        replace(refusal, held=_held(refusal.file, rooms)) for refusal in refused
    )


def _held(file: RefusedFile, rooms: Iterable[AnyRow]) -> tuple[str, ...]:
    report = FileReport(refused=(file,))
    return tuple(
        sorted(row.room for row in rooms if holds(report, row.room, path_of(row)))
    )


def write(
    connection: Connection, held: Sequence[AnyRow], load: LoadContext
) -> list[Event]:
    """Put the refused files on record; the events of what is new about them.

    *held* are the rows of the rooms that keep their roster.
    """
    before = {row.path: row for row in connection.execute(_known(load))}
    now = {refused.path: refused for refused in load.report.refused}
    changed = [x for x in now.values() if _differs(x, before.get(x.path))]
    gone = [path for path in before if path not in now]
    stale = [*gone, *(refused.path for refused in changed)]
    if stale:
        connection.execute(
            delete(refused_files).where(one_of_texts(refused_files.c.path, stale))
        )
    if changed:
        since = {path: row.since for path, row in before.items()}
        rows = [_columns(x, since.get(x.path, load.now)) for x in changed]
        connection.execute(insert(refused_files), rows)
    return list(_told(changed, held, load))


def _known(load: LoadContext) -> Select[*tuple[Any, ...]]:
    inside = one_of_texts(refused_files.c.path, load.report.files)
    if load.folder is not None:
        inside = or_(
            inside,
            refused_files.c.path == load.folder,
            refused_files.c.path.startswith(f"{load.folder}/", autoescape=True),
        )
    return select(refused_files).where(inside)


def _differs(file: RefusedFile, row: AnyRow | None) -> bool:
    return row is None or row._asdict() != _columns(file, row.since)


def _told(
    changed: Iterable[RefusedFile], held: Sequence[AnyRow], load: LoadContext
) -> Iterator[Event]:
    for file in changed:
        file_report = FileReport(refused=(file,))
        first = file.problems[0]
        for row in held:
            if holds(file_report, row.room, path_of(row)):
                yield Event(
                    room=row.room,
                    at=load.now,
                    kind="roster.refused",
                    message=f"{first.place}: {first.masked.message}. The roster "
                    "loaded before stays in force.",
                    cause=load.cause,
                    generation=row.generation,
                )


def _columns(file: RefusedFile, since: float) -> Columns:
    return {
        "path": file.path,
        "file": file.file,
        "rooms": list(file.rooms),
        "problems": [
            {
                "file": problem.file,
                "line": problem.line,
                "column": problem.column,
                "message": problem.message,
                "hint": problem.hint,
            }
            for problem in file.problems
        ],
        "since": since,
    }


def _refusal(row: AnyRow) -> Refusal:
    problems = tuple(Problem(**problem) for problem in row.problems)
    file = RefusedFile(row.file, row.path, tuple(row.rooms), problems)
    return Refusal(file, row.since)

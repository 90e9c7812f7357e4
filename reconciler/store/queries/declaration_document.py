"""Declarations and what is rare in rosters as JSON: exact both ways.

A stored document of an older version has fewer keys: what is missing is as it was
before there was the key.
"""

from typing import Any

from msgspec import to_builtins

from reconciler.model.declaration import (
    Declaration,
    Mode,
    Origin,
    Pin,
    Presence,
    ScheduleEntry,
)
from reconciler.model.roster import RoomState, Unlisted
from reconciler.model.schedule import Once, Period, Recurring, Weekly, Window
from reconciler.planning.effective import is_plain
from reconciler.store.database.typed_values import as_type
from reconciler.store.queries.roster_row import (
    digest_of,
    hash_of,
    revision_of,
    roster_of_columns,
    without_defaults,
)
from reconciler.store.queries.row import document_of, fields_of

Document = dict[str, Any]

_WINDOWS: dict[str, type[Window]] = {
    "weekly": Weekly,
    "recurring": Recurring,
    "once": Once,
}
_KINDS = {kind: name for name, kind in _WINDOWS.items()}


def declaration_digest(declaration: Declaration) -> str:
    """A hash that two declarations share exactly if they declare the same.

    That of a plain roster is the roster's own.
    """
    if is_plain(declaration):
        return digest_of(declaration.roster)
    said = declaration_document(declaration)
    said["roster"] = without_defaults(said["roster"])
    return hash_of(said)


def declaration_document(declaration: Declaration) -> Document:
    """All that a file declares of a room, but where it was read."""
    return {
        "roster": revision_of(declaration.roster),
        "modes": [_mode_document(mode) for mode in declaration.modes],
        "mode": declaration.mode,
        "schedule": [_entry_document(entry) for entry in declaration.schedule],
        "presences": [
            {
                "labels": list(presence.labels),
                "periods": [_period_document(period) for period in presence.periods],
            }
            for presence in declaration.presences
        ],
    }


def declaration_of(document: Document, source: str) -> Declaration:
    """The declaration of ``declaration_document``, read at *source*."""
    return Declaration(
        roster=roster_of_columns(document["roster"], source),
        modes=tuple(_mode(each) for each in document["modes"]),
        mode=document["mode"],
        schedule=tuple(_entry(each) for each in document["schedule"]),
        presences=tuple(
            Presence(tuple(each["labels"]), tuple(map(_period, each["periods"])))
            for each in document["presences"]
        ),
    )


def _mode_document(mode: Mode) -> Document:
    members = [[label, document_of(said)] for label, said in mode.members]
    return {"name": mode.name, "members": members, "unlisted": mode.unlisted}


def _mode(said: Document) -> Mode:
    return Mode(
        said["name"],
        tuple((label, fields_of(found)) for label, found in said["members"]),
        None if said["unlisted"] is None else Unlisted(said["unlisted"]),
    )


def _entry_document(entry: ScheduleEntry) -> Document:
    period = None if entry.period is None else _period_document(entry.period)
    return {"period": period, "mode": entry.mode, "state": entry.state}


def _entry(said: Document) -> ScheduleEntry:
    return ScheduleEntry(
        None if said["period"] is None else _period(said["period"]),
        said["mode"],
        None if said["state"] is None else RoomState(said["state"]),
    )


def _period_document(period: Period) -> Document:
    return {
        "kind": _KINDS[type(period.window)],
        "window": to_builtins(period.window),
        "dates": list(period.dates),
        "text": period.text,
    }


def _period(said: Document) -> Period:
    window: Window = as_type(said["window"], _WINDOWS[said["kind"]])
    return Period(window, tuple(said["dates"]), said["text"])


def origins_document(origins: tuple[Origin, ...]) -> list[Document] | None:
    """Origins as JSON, None for none."""
    return list(to_builtins(origins)) or None


def origins_of(document: list[Document] | None) -> tuple[Origin, ...]:
    return as_type(document or [], tuple[Origin, ...])


def pin_document(pin: Pin | None) -> Document | None:
    """A pin as JSON, None for none."""
    return None if pin is None else to_builtins(pin)


def pin_of(document: Document | None) -> Pin | None:
    return None if document is None else as_type(document, Pin)

"""Overrides as rows and as events: pure."""

from reconciler.model.declaration import Override, OverrideVerb
from reconciler.model.event import Event
from reconciler.planning.override import words_of
from reconciler.store.database.answers import AnyRow
from reconciler.store.queries.row import Columns, document_of, fields_of


def override_columns(override: Override) -> Columns:
    """An override as columns of ``overrides``, without its id and its end."""
    return {
        "room": override.room,
        "verb": str(override.verb),
        "at": override.at,
        "until": override.until,
        "who": override.who,
        "reason": override.reason,
        "labels": list(override.labels),
        "fields": document_of(override.fields),
        "mode": override.mode,
    }


def override_of(row: AnyRow) -> Override:
    return Override(
        id=row.id,
        room=row.room,
        verb=OverrideVerb(row.verb),
        at=row.at,
        until=row.until,
        who=row.who,
        reason=row.reason,
        labels=tuple(row.labels),
        fields=fields_of(row.fields),
        mode=row.mode,
    )


def set_event(override: Override, generation: int) -> Event:
    """The event of an override that a person has just made."""
    lasting = (
        "until it is unset"
        if override.until is None
        else f"for {override.until - override.at:.0f} s"
    )
    reason = f": {override.reason}" if override.reason else ""
    return Event(
        room=override.room,
        at=override.at,
        kind="override.set",
        message=f"{words_of(override)}, {lasting}{reason} (override {override.id})",
        label=override.labels[0] if override.verb is OverrideVerb.SET else "",
        cause=override.who,
        generation=generation,
    )


def ended_event(override: Override, now: float, cause: str, why: str) -> Event:
    """The event of an override that ended; *why* is a whole sentence."""
    return Event(
        room=override.room,
        at=now,
        kind="override.ended",
        message=f"{words_of(override)} (override {override.id}): {why}",
        label=override.labels[0] if override.verb is OverrideVerb.SET else "",
        cause=cause,
    )

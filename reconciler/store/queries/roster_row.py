"""What rosters declare as columns and JSON, and back, lossless."""

import hashlib
import json
from collections.abc import Iterable
from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import Any, TypeVar, get_type_hints

from msgspec import to_builtins
from msgspec.structs import fields

from reconciler.model.roster import (
    Announcement,
    Cause,
    Limits,
    Member,
    OnChange,
    Redial,
    RoomState,
    Roster,
    Unlisted,
)
from reconciler.store.database.answers import AnyRow
from reconciler.store.database.typed_values import as_type
from reconciler.store.queries.row import Columns, document_of, fields_of


def member_columns(member: Member) -> Columns:
    """What a member declares, as columns of ``members``."""
    coaching, target = _coaching_columns(member.coaching)
    return {
        "label": member.label,
        "to_address": member.to,
        "from_address": member.sender,
        "muted": member.muted,
        "hold": member.hold,
        "coaching": coaching,
        "coaching_target": target,
        "end_conference_on_exit": member.end_conference_on_exit,
        "create_only": document_of(member.create_only),
        "write_only": document_of(member.write_only),
        "announcements": [
            {
                "id": announcement.id,
                "url": announcement.url,
                "method": announcement.method,
            }
            for announcement in member.announcements
        ],
        "redial_on": [str(cause) for cause in member.redial.on],
        "redial_attempts": member.redial.attempts,
        "redial_backoff": float(member.redial.backoff),
        "on_change": str(member.on_change),
        "details": details_of(member, _MEMBER_DETAILS),
    }


Details = tuple[tuple[str, object], ...]
"""Names of fields, with their defaults."""


def _details(kind: type[Member | Roster], *names: str) -> Details:
    """*names* in the order of the fields of *kind*."""
    return tuple((x.name, x.default) for x in fields(kind) if x.name in names)


_MEMBER_DETAILS = _details(
    Member,
    *("role", "protect", "priority", "replaces", "machine"),
    *("temporary", "overridden"),
)


_ROSTER_DETAILS = _details(Roster, "groups", "notify", "temporary_unlisted", "account")


Detailed = TypeVar("Detailed", Member, Roster)


def details_of(declared: Member | Roster, details: Details) -> Columns | None:
    """Those of *details* that are not as by default, None if all are."""
    said = {
        name: to_builtins(value)
        for name, default in details
        if (value := getattr(declared, name)) != default
    }
    return said or None


def _detailed(kind: type[Detailed], found: Columns | None) -> Columns:
    """Fields of *kind* as ``details_of`` wrote them."""
    if not found:
        return {}
    hints = _hints()[kind.__name__]
    return {name: as_type(value, hints[name]) for name, value in found.items()}


@lru_cache
def _hints() -> dict[str, dict[str, Any]]:
    return {each.__name__: get_type_hints(each) for each in (Member, Roster)}


def member_of(row: AnyRow) -> Member:
    """The member that a row of ``members`` declares."""
    return _member(row.details, *_OF_ROW(row))


def member_of_columns(said: Columns) -> Member:
    return _member(said.get("details"), *_OF_COLUMNS(said))


_MEMBER_COLUMNS = (
    *("label", "to_address", "from_address", "muted", "hold", "coaching"),
    *("coaching_target", "end_conference_on_exit", "create_only", "write_only"),
    *("announcements", "redial_on", "redial_attempts", "redial_backoff", "on_change"),
)


_OF_ROW, _OF_COLUMNS = attrgetter(*_MEMBER_COLUMNS), itemgetter(*_MEMBER_COLUMNS)


def _member(  # noqa: PLR0917 - a column each
    details: Columns | None,
    label: str,
    to: str,
    sender: str,
    muted: bool | None,
    hold: bool | None,
    coaching: bool | None,
    target: str | None,
    end_conference_on_exit: bool | None,
    create_only: Columns,
    write_only: Columns,
    announcements: list[Columns],
    redial_on: list[str],
    redial_attempts: int,
    redial_backoff: float,
    on_change: str,
) -> Member:
    return Member(
        label=label,
        to=to,
        sender=sender,
        muted=muted,
        hold=hold,
        coaching=coaching if target is None else target,
        end_conference_on_exit=end_conference_on_exit,
        create_only=fields_of(create_only),
        write_only=fields_of(write_only),
        announcements=tuple(
            [Announcement(**announcement) for announcement in announcements]
        ),
        redial=_redial(tuple(redial_on), redial_attempts, redial_backoff),
        on_change=OnChange(on_change),
        **_detailed(Member, details),
    )


@lru_cache(256)
def _redial(on: tuple[str, ...], attempts: int, backoff: float) -> Redial:
    """One value for the many members who are redialed alike."""
    return Redial(tuple(Cause(word) for word in on), attempts, backoff)


def _coaching_columns(coaching: str | bool | None) -> tuple[bool | None, str | None]:
    return (True, coaching) if isinstance(coaching, str) else (coaching, None)


def roster_columns(roster: Roster) -> Columns:
    """What a roster says of its room as a whole, as columns of ``rosters``."""
    of = {"content": digest_of(roster), "source": roster.source}
    return {**_said(roster), **of, "account": roster.account}


def _said(roster: Roster) -> Columns:
    return {
        "room": roster.room,
        "state": str(roster.state),
        "unlisted": str(roster.unlisted),
        "limit_removals": roster.limits.removals,
        "limit_rings": roster.limits.rings,
        "limit_exposures": roster.limits.exposures,
        "details": details_of(roster, _ROSTER_DETAILS),
    }


def roster_of(row: AnyRow, members: Iterable[AnyRow]) -> Roster:
    """The roster of a row of ``rosters`` and its listed members, in file order."""
    said = row._asdict()
    return _roster(said, (member_of(each) for each in members), said["source"])


def roster_of_columns(said: Columns, source: str = "") -> Roster:
    """The roster of ``revision_of``, which does not say where it was read."""
    return _roster(said, (member_of_columns(each) for each in said["members"]), source)


def _roster(said: Columns, members: Iterable[Member], source: str) -> Roster:
    return Roster(
        room=said["room"],
        members=tuple(members),
        state=RoomState(said["state"]),
        unlisted=Unlisted(said["unlisted"]),
        limits=Limits(
            removals=said["limit_removals"],
            rings=said["limit_rings"],
            exposures=said.get("limit_exposures", Limits().exposures),
        ),
        source=source,
        **_detailed(Roster, said.get("details")),
    )


def revision_of(roster: Roster) -> dict[str, Any]:
    """All that a roster declares, as one JSON object."""
    listed = [_brief(member_columns(member)) for member in roster.members]
    return {**_brief(_said(roster)), "members": listed}


def _brief(said: Columns) -> Columns:
    if said["details"] is None:
        del said["details"]
    return said


def digest_of(roster: Roster) -> str:
    """A hash that two rosters share exactly if they declare the same."""
    return hash_of(without_defaults(revision_of(roster)))


def without_defaults(said: Columns) -> Columns:
    """A roster as its hash counts it.

    The limit of exposures counts only if it is not the default: rosters stored
    before there was one keep their hash.
    """
    if said["limit_exposures"] == Limits().exposures:
        del said["limit_exposures"]
    return said


def hash_of(said: Columns) -> str:
    """SHA-256 over a JSON object in its own order, as hex."""
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()

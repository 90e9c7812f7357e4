"""The people that every party of a measurement agrees on; pure.

Room *i* of a world has ``people`` members in the same states for the files, the
server and the peers' databases, so that nothing is ever to be done about them.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

ACCOUNT = "AC5ef872f6da5a21de157d80997a64bd33"
TOKEN = "12345678901234567890123456789012"
SENDER = "+15005550006"
BASE = f"/2010-04-01/Accounts/{ACCOUNT}"
PAGE_SIZE = 1000
CREATED = "Tue, 14 Apr 2026 09:26:42 +0000"
UPDATED = "Tue, 14 Apr 2026 09:26:58 +0000"
FLIPPED = "Tue, 14 Apr 2026 09:26:59 +0000"


@dataclass(frozen=True, slots=True)
class Person:
    """A member as declared, and just so at the server."""

    label: str
    to: str
    call_sid: str
    muted: bool
    hold: bool
    coaching: str | None = None
    """Whom they coach, by label."""


@dataclass(frozen=True, slots=True)
class Room:
    """A room with everybody in it."""

    name: str
    sid: str
    people: tuple[Person, ...]

    def call_sid(self, label: str | None) -> str | None:
        """The call of *label*, None for None."""
        return next((p.call_sid for p in self.people if p.label == label), None)


@dataclass(frozen=True, slots=True)
class World:
    """So many rooms with so many people each."""

    rooms: int
    people: int

    @property
    def name(self) -> str:
        """As shown in the table."""
        return f"{self.rooms:,} × {self.people}"

    def each(self, at_most: int | None = None) -> Iterator[Room]:
        """Every room, or the first few."""
        for number in range(min(self.rooms, at_most or self.rooms)):
            yield room(number, self.people)


def room(number: int, people: int) -> Room:
    """Room *number*: one in three muted, one in ten on hold, the last one coaches."""
    name = f"room-{number:05d}"
    return Room(
        name,
        sid("CF", name),
        tuple(_person(name, each, people) for each in range(people)),
    )


def sid(prefix: str, of: str) -> str:
    """A SID that is always the same for the same text."""
    return prefix + hashlib.md5(of.encode(), usedforsecurity=False).hexdigest()


def _person(name: str, place: int, people: int) -> Person:
    label = f"person-{place:03d}"
    coach = 1 < people == place + 1
    number = int(name.rpartition("-")[2]) * people + place
    return Person(
        label=label,
        to=f"+1555{number:07d}",
        call_sid=sid("CA", f"{name}/{label}"),
        muted=place % 3 == 1 and not coach,
        hold=place % 10 == 9 and not coach,
        coaching="person-000" if coach else None,
    )


def participant(
    room: Room, person: Person, updated: str = UPDATED
) -> dict[str, object]:
    """One participant as Twilio's listing shows it."""
    return shown(
        room.sid,
        person.call_sid,
        person.label,
        muted=person.muted,
        hold=person.hold,
        call_sid_to_coach=room.call_sid(person.coaching),
        updated=updated,
    )


def shown(
    conference_sid: str,
    call_sid: str,
    label: str | None,
    *,
    muted: bool,
    hold: bool,
    call_sid_to_coach: str | None,
    updated: str = UPDATED,
) -> dict[str, object]:
    """A participant's record, keys and order as in the service's answers."""
    return {
        "account_sid": ACCOUNT,
        "call_sid": call_sid,
        "label": label,
        "conference_sid": conference_sid,
        "date_created": CREATED,
        "date_updated": updated,
        "end_conference_on_exit": False,
        "muted": muted,
        "hold": hold,
        "status": "connected",
        "start_conference_on_enter": True,
        "coaching": call_sid_to_coach is not None,
        "call_sid_to_coach": call_sid_to_coach,
        "queue_time": None,
        "uri": f"{BASE}/Conferences/{conference_sid}/Participants/{call_sid}.json",
    }


def document(room: Room, head: str = "") -> str:
    """The room as a document of a roster file; *head* holds further lines."""
    lines = [
        "version: 1",
        f"conference: {room.name}",
        f'from: "{SENDER}"',
        *([head] if head else []),
        "participants:",
        *(_entry(person) for person in room.people),
    ]
    return "\n".join(lines) + "\n"


def _entry(person: Person) -> str:
    fields = [
        f'to: "{person.to}"',
        f"muted: {str(person.muted).lower()}",
        f"hold: {str(person.hold).lower()}",
        f"coaching: {person.coaching or 'false'}",
    ]
    return f"  {person.label}: {{{', '.join(fields)}}}"

"""The desired state: who shall be in a room, and how."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

Value: TypeAlias = str | int | bool | tuple[str, ...]
"""One parameter as a roster holds it; an array of Twilio's is a tuple."""

Fields: TypeAlias = tuple[tuple[str, Value], ...]
"""Parameters by snake_case name, sorted by name."""


class Unlisted(StrEnum):
    """What happens to people in the room whom no member matches."""

    KEEP = "keep"
    MUTE = "mute"
    HOLD = "hold"
    REMOVE = "remove"


class OnChange(StrEnum):
    """What a changed create-only parameter does to a call that stands."""

    KEEP = "keep"
    REDIAL = "redial"


class Cause(StrEnum):
    """Ways a call ends that a redial policy may name."""

    BUSY = "busy"
    NO_ANSWER = "no-answer"
    FAILED = "failed"
    LEFT = "left"


class RoomState(StrEnum):
    """What the roster wants of the room as a whole."""

    OPEN = "open"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Announcement:
    """Played to a member at most once a call; ``id`` tells one from the next."""

    id: str
    url: str
    method: str | None = None


@dataclass(frozen=True, slots=True)
class Redial:
    """When a member is rung again: ``attempts`` in all, ``backoff`` in seconds.

    The wait doubles with each attempt. An end that is not ``on`` the list is
    respected: the person is not rung until somebody asks.
    """

    on: tuple[Cause, ...] = (Cause.BUSY, Cause.NO_ANSWER, Cause.FAILED)
    attempts: int = 3
    backoff: float = 30.0


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that happens to a room without a person's approval.

    ``removals`` counts people removed within any ten minutes, ``rings`` the rings
    of one plan, ``exposures`` the people whom one plan unmutes, takes off hold or
    parts from whom they coach because their entries were edited.
    """

    removals: int = 3
    rings: int = 50
    exposures: int = 10


@dataclass(frozen=True, slots=True)
class Member:
    """One person as declared; ``label`` is the key in the file and at Twilio.

    None means no opinion: neither sent nor compared. ``coaching`` is False
    (enforce that they coach nobody), the label of another member, or a call
    SID. ``create_only`` and ``write_only`` hold the parameters of those
    classes; values of secret parameters are references such as ``${NAME}``.
    """

    label: str
    to: str
    sender: str
    muted: bool | None = None
    hold: bool | None = None
    coaching: str | bool | None = None
    end_conference_on_exit: bool | None = None
    create_only: Fields = ()
    write_only: Fields = ()
    announcements: tuple[Announcement, ...] = ()
    redial: Redial = Redial()
    on_change: OnChange = OnChange.KEEP


@dataclass(frozen=True, slots=True)
class Roster:
    """One room as declared; ``source`` is the file and line it was read from."""

    room: str
    members: tuple[Member, ...] = ()
    state: RoomState = RoomState.OPEN
    unlisted: Unlisted = Unlisted.KEEP
    limits: Limits = Limits()
    source: str = ""

    def member(self, label: str) -> Member | None:
        """The member called *label*, or None."""
        return next((each for each in self.members if each.label == label), None)

"""What is sent to whom, so that people hear of an event."""

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase

from msgspec import Struct

from reconciler.model.event import Event
from reconciler.model.notice import Notice, notice_of_kind

LONGEST_AGE_SECONDS = 86_400.0
"""Seconds after which nobody is notified of an event any longer."""


class DeliveryState(StrEnum):
    """Where a notification stands; ``failed`` is given up."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"


class Undelivered(Struct, frozen=True):
    """Why a notification was given up, and the event that says so."""

    reason: str
    event: Event


@dataclass(frozen=True, slots=True)
class NotificationTarget:
    """Where notifications go: a ``url`` for CloudEvents, or one of ``apprise``.

    ``kinds`` None is what each room's roster asks for. ``rooms`` are patterns with
    ``*``. ``place`` is where the target is declared. A URL may hold a secret, too.
    """

    name: str
    url: str | None = field(default=None, repr=False)
    apprise: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)
    kinds: frozenset[Notice] | None = None
    rooms: tuple[str, ...] = ("*",)
    place: str = ""

    def wants(self, room: str, notice: Notice, asked: Collection[str]) -> bool:
        """Whether it is sent *notice* of *room*, whose roster *asked* for kinds."""
        kinds = asked if self.kinds is None else self.kinds
        return notice in kinds and any(fnmatchcase(room, each) for each in self.rooms)


class RoutedEvent(Struct, frozen=True):
    """An event with its id, and the kinds that its room's roster asks for."""

    id: int
    event: Event
    asked: tuple[str, ...] = ()


class Notification(Struct, frozen=True):
    """An event that is to be delivered to a target.

    ``attempts`` counts those that failed. ``origin`` names the database: with it
    the id of an event is unique.
    """

    id: int
    event_id: int
    event: Event
    target: str
    attempts: int
    origin: str


def notice_of(event: Event) -> Notice | None:
    """What people can be notified of by *event*; None if nobody is."""
    if event.notice is None:
        return notice_of_kind(event.kind)
    return next((notice for notice in Notice if notice == event.notice), None)

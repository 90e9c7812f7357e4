"""Accounts of webhooks: how their requests are verified, and what is told of their rooms."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from reconciler.engine.loop.work_queue import Priority
from reconciler.model.recorded_observation import LegEvent
from reconciler.model.reported_call import ReportedCall


class Verify(Protocol):
    """Whether a request is Twilio's; see ``webhooks.signature``."""

    def __call__(
        self,
        url: str,
        form: Sequence[tuple[str, str]] | None,
        body: bytes,
        signature: str,
        settings: str,
    ) -> bool:
        """Must take as long for a wrong signature as for a right one."""
        ...


class Tally(Protocol):
    """Counts webhooks. *event* is one of Twilio's words, "other", or "unread"."""

    def webhook(self, event: str, result: str, lag: float | None) -> None:
        """One came in; *lag* is its age in seconds, None if not told."""
        ...


Mark = Callable[[str, Priority, str], None]
"""Ask for an observation of a room; the last is the event's name."""

Heard = Callable[[str, str], None]
"""A room, and the SID of a conference of that name of which events come here."""

RoomOf = Callable[[str], str | None]
"""The room that the SID of a call or conference belongs to, None if nobody knows."""


ReportCall = Callable[[str, ReportedCall], bool]
"""A room, and a call into it that an event reports; whether that is news."""


def nowhere(_call_sid: str) -> str | None:
    """Know no call."""
    return None


LegHeard = Callable[[str, LegEvent], None]
"""A room, and what an event of its conference says about a leg."""


def _not_dated(_room: str, _event: LegEvent) -> None: ...


def _not_heard(_room: str, _conference_sid: str) -> None: ...


def _not_reported(_room: str, _report: ReportedCall) -> bool:
    return False


class AccountRooms(Struct, frozen=True):
    """The rooms in which an account acts, and how its webhooks are known.

    *knows* tells whether a room is one of them. None of the injected may block or
    raise.
    """

    name: str
    account_sid: str
    verify: Verify
    knows: Callable[[str], bool]
    mark: Mark
    heard: Heard = _not_heard
    leg_heard: LegHeard = _not_dated
    report: ReportCall = _not_reported


class SignedFields(Struct, frozen=True):
    """The fields of a request, and the accounts whose signature it has."""

    fields: Mapping[str, str]
    accounts: tuple[AccountRooms, ...]

    def owner(self, room: str) -> AccountRooms | None:
        """The account among them that acts in the room."""
        return next(
            (
                account_rooms
                for account_rooms in self.accounts
                if account_rooms.knows(room)
            ),
            None,
        )

"""What a plan finds out of attempts and members, to be put on record."""

from typing import TypeAlias

from msgspec import Struct

from reconciler.model.attempt import AttemptState, CallOutcome


class Adopted(Struct, frozen=True):
    """A call that is a member's although no attempt of ours placed it."""

    label: str
    to: str
    intent: int
    call_sid: str
    conference_sid: str | None
    connected_at: float | None
    reason: str


class Progress(Struct, frozen=True):
    """An attempt moved on. None leaves a column as it is; nothing goes back.

    ``machine`` says that an answering machine proves to hold the call.
    """

    attempt_id: int
    label: str
    state: AttemptState
    reason: str
    call_sid: str | None = None
    conference_sid: str | None = None
    connected_at: float | None = None
    ended_at: float | None = None
    outcome: CallOutcome | None = None
    code: int | None = None
    request_id: str | None = None
    machine: bool = False


class Forgotten(Struct, frozen=True):
    """A dismissed label whose person is gone: no longer ours to remove."""

    label: str


class Reassigned(Struct, frozen=True):
    """An open attempt is another label's, or of another intent, from now on.

    ``room`` and ``before`` are the room and the label that it was made for.
    """

    attempt_id: int
    room: str
    label: str
    before: str
    intent: int

    def is_to_other(self, room: str) -> bool:
        """Whether another label, in *room*, gets the attempt, and not a new intent."""
        return (self.room, self.before) != (room, self.label)


Finding: TypeAlias = Adopted | Progress | Forgotten | Reassigned

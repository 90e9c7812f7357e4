"""The writes of the product, and what its processes knew of a room."""

from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from msgspec import Struct, field

from reconciler.model.attempt import Attempt
from reconciler.model.roster import Roster
from reconciler.play.world.virtual_loop import Process

Shown = Mapping[str, Any]
"""A participant as a page of JSON showed it."""


Form = Mapping[str, str]
"""The fields of a request."""


class Kind(StrEnum):
    """The requests that change the world."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    COMPLETE = "complete"
    HANG_UP = "hang up"


REMOVING = frozenset({Kind.DELETE, Kind.HANG_UP})
"""Requests that take somebody out."""


_MUSIC = frozenset({"HoldUrl", "HoldMethod"})


def is_silence(form: Form) -> bool:
    """Whether an update takes somebody's voice, and does nothing else."""
    said = {name: value for name, value in form.items() if name not in _MUSIC}
    return said in ({"Muted": "true"}, {"Hold": "true"})


class ShownSurvey(Struct):
    """The conferences that a process was shown last, by name; ``done`` by status.

    ``failed`` says that a request of it was refused: a newer one may be under way.
    """

    sids: dict[str, str] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    failed: bool = False

    @property
    def complete(self) -> bool:
        return self.done >= {"init", "in-progress"}


class Knowledge(Struct):
    """What one process knows of one room in one pass.

    ``shown`` is the complete listing, None until there is one; ``shown_at`` is
    when it was true. ``until`` is when the roster changes by itself.
    """

    process: Process
    room: str
    roster: Roster
    at: float
    survey: ShownSurvey
    shown: dict[str, Shown] | None = None
    shown_at: float = 0.0
    removed: set[str] = field(default_factory=set)
    rung: int = 0
    until: float | None = None

    @property
    def complete(self) -> bool:
        """Whether the whole room was seen.

        A conference that is known from a call needs no survey while somebody is in it.
        """
        if self.shown:
            return True
        if not self.survey.complete:
            return False
        return self.room not in self.survey.sids or self.shown is not None


class Act(Struct):
    """One write of the product, from the moment it was begun.

    ``target`` is a call SID, or the label of a create; ``informed`` says that what it
    rests on was complete when it was begun, whatever is shown since; ``lapsed`` says
    that the lease had run out by the process's own clock, ``withdrawn`` that the
    process itself stopped it before its first byte; ``effect`` is the status that the
    exchange gave it, None while it had no effect.
    """

    number: int
    process: Process
    kind: Kind
    room: str
    target: str
    form: Mapping[str, str]
    begun_at: float
    known: Knowledge | None
    informed: bool = False
    lapsed: bool = False
    withdrawn: bool = False
    left_at: float | None = None
    attempt: Attempt | None = None
    recorded: bool = False
    planned_for: str | None = None
    effect_at: float | None = None
    effect: int | None = None
    call_sid: str | None = None

    @property
    def silences(self) -> bool:
        """Whether it takes somebody's voice, and does nothing else."""
        return self.kind is Kind.UPDATE and is_silence(self.form)

    @property
    def took(self) -> bool:
        return self.effect is not None and self.effect < HTTPStatus.BAD_REQUEST

"""What ``plan`` and ``sync`` return."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.engine.room.evaluation import Evaluation, RoomPhase
from reconciler.engine.room.outcome import ActionOutcome
from reconciler.model.action import Action
from reconciler.model.errors import Problem, RefusedFile
from reconciler.planning.plan import Waiting, Withheld


@dataclass(frozen=True, slots=True)
class RoomResult:
    """A room: its state, what is to be done, and, of a sync, what was done.

    ``actions`` are those of the last plan, in order; ``outcomes`` are the actions
    that a sync began, with their results. ``reason`` says why nothing is known of
    the room, None where something is. Phone numbers are not masked.
    """

    conference: str
    conference_sid: str | None
    generation: int
    state: RoomPhase
    reason: str | None
    actions: tuple[Action, ...]
    withheld: tuple[Withheld, ...]
    waiting: tuple[Waiting, ...]
    outcomes: tuple[ActionOutcome, ...] = ()


def room_result(
    evaluation: Evaluation, outcomes: tuple[ActionOutcome, ...] = ()
) -> RoomResult:
    """What an evaluation came to, with the *outcomes* of actions."""
    plan = evaluation.plan
    return RoomResult(
        conference=evaluation.room,
        conference_sid=plan.conference.sid if plan.conference else None,
        generation=plan.generation,
        state=evaluation.state,
        reason=plan.unknown,
        actions=plan.actions,
        withheld=plan.withheld,
        waiting=plan.waiting,
        outcomes=outcomes,
    )


@dataclass(frozen=True, slots=True)
class PlanResult:
    """What a sync would do.

    ``converged`` says that every room is as declared and no room is released or
    returns. ``released`` has how many people are in each room that the files no
    longer declare, None where that is not known. ``refused`` are files with errors,
    ``warnings`` those of the others. ``exit_code`` is that of ``plan --exit-code``,
    ``data`` the object of ``plan --output json``, numbers masked.
    """

    rooms: tuple[RoomResult, ...]
    converged: bool
    released: Mapping[str, int | None]
    refused: tuple[RefusedFile, ...]
    warnings: tuple[Problem, ...]
    exit_code: int
    data: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What a sync came to.

    ``converged`` says that every room was seen to be as declared. ``unread`` are
    rooms that nobody read before the time was up, ``busy`` those that another
    process held. ``exit_code`` is that of ``reconciler sync``, ``data`` the object of
    ``sync --output json``, numbers masked.
    """

    rooms: tuple[RoomResult, ...]
    converged: bool
    unread: tuple[str, ...]
    busy: tuple[str, ...]
    refused: tuple[RefusedFile, ...]
    warnings: tuple[Problem, ...]
    exit_code: int
    data: Mapping[str, Any] = field(repr=False)

"""Oracle "late": a silence leaves within a moment of the look that shows it missing.

Whoever is heard against the roster as a whole listing shows it, and still is a
moment later, must by then be named in an update that has left. It waits for no
create that hangs, no other room, no other process that has the room only to ring.
Judged where nothing but creates is slow or fails: everything else that delays a
request is excused by its delay.
"""

from contextvars import Context
from typing import TYPE_CHECKING

from reconciler.model.recorded_observation import Audience
from reconciler.model.roster import RoomState, Roster, Unlisted
from reconciler.play.oracles.whose import owner, owners
from reconciler.play.scenarios.scenario import Break, Scenario
from reconciler.play.scenarios.trouble import CALM
from reconciler.play.world.act import Kind, Knowledge
from reconciler.simulator.exchange.fault import FaultKind

if TYPE_CHECKING:
    from reconciler.play.world.act import Shown
    from reconciler.play.world.world import World

MOMENT_SECONDS = 1.5
"""Seconds from the listing to the request."""

AGAIN_SECONDS = 30.0
"""Seconds for which a silence that was undone may wait before it is sent again."""

_HARMLESS = frozenset({FaultKind.HANG, FaultKind.SLOW, FaultKind.RESET})


def is_prompt(scenario: Scenario) -> bool:
    """Whether nothing but creates is slow or fails."""
    faults = [step.fault for _, step in scenario.steps if isinstance(step, Break)]
    lags = scenario.switches.call_lag, scenario.switches.new_call_missing_seconds
    return (
        scenario.rates == CALM
        and not any(lags)
        and all(
            fault.kind in _HARMLESS
            and (fault.method, fault.path) == ("POST", "*/Participants.json")
            for fault in faults
        )
    )


def watch(world: "World", known: Knowledge) -> None:
    """A process was shown a whole listing: see that it does something about it."""
    if not world.prompt or known.roster.state is RoomState.ENDED:
        return
    for sid, shown in (known.shown or {}).items():
        if _amiss(world, known.roster, sid, shown):
            world.loop.call_later(
                MOMENT_SECONDS, _judge, world, known, sid, context=Context()
            )


def _amiss(world: "World", roster: Roster, sid: str, shown: "Shown") -> bool:
    """Whether the roster wants somebody silent whom the listing shows heard."""
    silent = shown["muted"] or shown["hold"] or shown["status"] != "connected"
    return not silent and _wronged(world, roster, sid, shown)


def _wronged(world: "World", roster: Roster, sid: str, shown: "Shown") -> bool:
    member = owner(world, roster, sid)
    if member is None:
        strange = not owners(world, roster, sid) and not world.is_listed(
            roster.room, sid
        )
        return strange and roster.unlisted in {Unlisted.MUTE, Unlisted.HOLD}
    if member.muted is True or member.hold is True:
        return True
    return isinstance(member.coaching, str) and not shown["coaching"]


def _judge(world: "World", known: Knowledge, sid: str) -> None:
    heard, _ = world.exchange.state.heard.get(sid, (Audience.NOBODY, None))
    if heard is not Audience.ROOM or not _concerned(world, known):
        return
    sent = any(
        act.kind is Kind.UPDATE
        and act.target == sid
        and act.left_at is not None
        and act.left_at > known.shown_at - AGAIN_SECONDS
        for act in reversed(world.journal.acts)
    )
    removed = any(act.target == sid and act.took for act in world.journal.acts)
    if not sent and not removed:
        what = f"{sid} in {known.room} is still heard, {MOMENT_SECONDS} s after {known.process}"
        world.journal.blame("late", world.now, f"{what} was shown it")


def _concerned(world: "World", known: Knowledge) -> bool:
    """Whether it is for that process to act, and the roster is still that one.

    Not where another one has held the room meanwhile: the observation after that counts.
    """
    process, room, now = known.process, known.room, world.now
    others = world.journal.is_held_elsewhere(process, room, known.at)
    unchanged = world.journal.roster(room, now) is known.roster
    stood = world.journal.standing(room, now) or world.journal.standing(room, known.at)
    idle = not process.alive or process.stopping or process.frozen
    woken = process.woken_at > known.at
    return unchanged and not (others or stood or idle or woken)

"""Oracles of daemons that share rooms.

watched  a room is looked at within its period, and 8 s more for each daemon that died,
         stood still or left meanwhile: judged where nothing but creates is slow or fails
         and a daemon runs all the time
pace     no second has more calls than the account's, whichever daemons place them:
         judged where every request takes equally long, and all of them share
permits  no more calls are under way than the account's concurrency, those of daemons that
         died or stand still included
"""

from bisect import bisect_left
from dataclasses import dataclass, field

from reconciler.engine.loop.resync_schedule import SPREAD_FRACTION, WEBHOOK_FACTOR
from reconciler.play.oracles.promptness import is_prompt
from reconciler.play.scenarios.scenario import Scenario, StartProcess, stands_still
from reconciler.play.scenarios.trouble import CALM
from reconciler.play.world.act import Kind
from reconciler.play.world.world import World
from reconciler.twilio.http.timing import Timing
from tests.endurance.daemon import Course
from tests.nodes.lives import BESIDE

TAKEN_OVER = 8.0
"""Seconds within which the rooms of a daemon that died are another's."""

SLACK = 2.0
"""Seconds for a look itself, and for one that finds its room busy."""


@dataclass(slots=True)
class Watch:
    """When each room was looked at last, and what befell daemons, by moments."""

    world: World
    course: Course
    looked_at: dict[str, float] = field(default_factory=dict)
    losses: list[float] = field(default_factory=list)
    unmanned_until: float = 0.0

    def lost(self) -> None:
        """A daemon died, left or stood still."""
        self.losses.append(self.world.now)

    def came(self, *, others: bool) -> None:
        """A daemon runs from now on; *others* did before.

        Without others it waits for as long as after a death: what the dead held is
        freed only then.
        """
        if not others:
            self.unmanned_until = self.world.now
            self.lost()

    def looked(self, room: str) -> None:
        """Judge the time since the last look at a room."""
        self._judge(room)
        self.looked_at[room] = self.world.now

    def judge_all(self) -> None:
        """Judge rooms at which nobody looks any more, though a daemon runs."""
        for room in tuple(self.looked_at):
            self._judge(room)

    def _judge(self, room: str) -> None:
        journal, now = self.world.journal, self.world.now
        since = max(self.looked_at.get(room, now), self.unmanned_until)
        stood = journal.standing(room, since) or journal.standing(room, now)
        paused = stood or self._paused_by_a_clock(room, since)
        if paused or not is_prompt(self.world.scenario):
            return
        if now - since > self.longest(since):
            journal.blame(
                "watched", now, f"{room} was not looked at for {now - since:.1f} s"
            )

    def _paused_by_a_clock(self, room: str, at: float) -> bool:
        """Whether a clock that is behind says that a pause is not over."""
        earliest = at + min((0.0, *self.world.skew.values()))
        return any(
            stood.room == room and stood.until is not None and stood.until > earliest
            for stood in self.world.journal.stands
            if stood.at <= at
        )

    def longest(self, since: float) -> float:
        """Seconds from one look to the next, at most."""
        slower = WEBHOOK_FACTOR if self.course.webhooks else 1.0
        period = self.course.resync * slower * (1.0 + SPREAD_FRACTION)
        lost = len(self.losses) - bisect_left(self.losses, since - TAKEN_OVER)
        return period + SLACK + TAKEN_OVER * lost


def judge_pace(world: World) -> None:
    """Judge the calls of a run that is over."""
    if not _is_even(world.scenario):
        return
    times = [
        act.left_at
        for act in world.journal.acts
        if act.kind is Kind.CREATE and act.left_at is not None
    ]
    most = max(1, int(world.scenario.pace))
    for first, last in zip(times, times[most:], strict=False):
        if last - first < 1.0 - 1e-6:
            what = f"{most + 1} calls within {last - first:.2f} s, {most} are the account's"
            world.journal.blame("pace", last, what)


def judge_permits(world: World, concurrency: int | None) -> None:
    """Judge the calls of a run that is over: each from its first byte to its effect.

    One that is on its way when its process gives it up, or that a machine which stood
    still in the midst of sending it sends after that, is counted until then.
    """
    most = Timing().write_total_seconds
    if concurrency is None:
        return
    moments = [
        moment
        for act in world.journal.acts
        if act.kind is Kind.CREATE and not act.process.name.startswith(BESIDE)
        if act.left_at is not None and act.effect_at is not None
        for moment in (
            (act.left_at, 1),
            (max(act.left_at, min(act.effect_at, act.begun_at + most)), -1),
        )
    ]
    under_way = 0
    for at, change in sorted(moments):
        under_way += change
        if under_way > concurrency:
            what = f"{under_way} calls are under way, {concurrency} are the account's"
            world.journal.blame("permits", at, what)
            return


def _is_even(scenario: Scenario) -> bool:
    beside = any(
        isinstance(step, StartProcess) and step.name.startswith("s")
        for _, step in scenario.steps
    )
    return scenario.rates == CALM and not (beside or stands_still(scenario))

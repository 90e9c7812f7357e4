"""A scenario from a seed."""

import random
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from reconciler.play.scenarios.editor import LABELS, Editor, number_of
from reconciler.play.scenarios.habits import accustomed
from reconciler.play.scenarios.organized import organized
from reconciler.play.scenarios.overruled import overruled
from reconciler.play.scenarios.scenario import (
    Break,
    Declare,
    Freeze,
    Happening,
    Jump,
    Kill,
    Meddle,
    PhoneDialsIn,
    PhoneHangsUp,
    Scenario,
    StartProcess,
    Stop,
)
from reconciler.play.scenarios.scenario import (
    RedialOrder as AskAgain,
)
from reconciler.play.scenarios.scheduled import scheduled
from reconciler.play.scenarios.swarm import swarmed
from reconciler.play.scenarios.trouble import CALM, TroubleRates
from reconciler.play.scenarios.witnessed import witnessed
from reconciler.simulator.exchange.behavior import Switches
from reconciler.simulator.exchange.fault import Fault, FaultKind
from reconciler.simulator.exchange.people import ALWAYS, Subscriber

TOGETHER = 40.0
"""Calls a second at which several phones are rung at once; every fifth seed's."""

STRANGERS = ("+15559990001", "+15559990002")
Steps = list[tuple[float, Happening]]
_FAULTS = (
    FaultKind.ERROR,
    FaultKind.BAD_GATEWAY,
    FaultKind.UNAVAILABLE,
    FaultKind.TOO_MANY,
    FaultKind.RESET,
    FaultKind.HANG,
    FaultKind.SLOW,
    FaultKind.GARBAGE,
    FaultKind.TRUNCATED,
    FaultKind.PARTIAL_PAGE,
    FaultKind.STALE,
)
_DELAYING = frozenset({FaultKind.HANG, FaultKind.SLOW})

_SWITCHES: Mapping[str, tuple[object, ...]] = {
    "list_shows_ringing": (True, False),
    "label_held_while_ringing": (True, False),
    "list_lag": (0, 0, 1, 3),
    "call_lag": (0, 0, 1, 5),
    "calls_list_lag": (0, 0, 1, 8),
    "ended_listed_seconds": (0, 0, 2),
    "connecting_seconds": (0.1, 2),
    "update_ringing": ("accept", "404", "16001", "16099", "21220"),
    "delete_ringing": ("works", "404"),
    "kick_call_status": ("canceled", "completed", "no-answer"),
    "coach_when_target_leaves": ("audible", "audible", "silent"),
    "coaching_flag_when_target_leaves": ("keeps", "false"),
    "retarget_in_one_post": ("works", "error"),
    "end_flag": ("takes", "with_hold_only", "never_on_hold"),
    "muted_while_waiting": (False, True),
    "conference_visible_before_connect": (True, False),
    "early_media_counts": (False, True),
    "ringing_keeps_room": (False, True),
    "ringing_when_room_ends": ("canceled", "new_room"),
    "complete_twice": ("400", "404"),
    "queued_call_matches_start_time": (True, False),
    "error_status_16xxx": ("400", "404", "409"),
    "retry_after_on_429": (0, 1, 7),
    "equal_bytes": (True, False),
    "next_page_absolute": (False, True),
}


def make_scenario(seed: int) -> Scenario:
    """A plain scenario with some ordinary use added, some with groups, overrides.

    Seeds from ``SCHEDULED`` on have schedules too; of those from ``SWARM`` on, each is
    without a half of the kinds of trouble. Those from ``WITNESSED`` on have a second
    source that reports calls.
    """
    plain = accustomed(make_plain(seed))
    return witnessed(swarmed(scheduled(overruled(organized(plain)))))


def make_plain(seed: int) -> Scenario:
    """Edits, people, deaths and faults; the same seed gives the same scenario."""
    return _Maker(seed).scenario()


class _Maker:
    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.chance = random.Random(f"scenario {seed}")  # noqa: S311 - repeatable on purpose
        self.editor = Editor(self.chance)
        self.horizon = self.chance.choice((15.0, 25.0, 40.0))
        self.rooms = ("line",) if self.maybe(0.8) else ("line", "court")

    def maybe(self, of: float) -> bool:
        return self.chance.random() < of

    def when(self) -> float:
        return round(self.chance.uniform(0.2, self.horizon), 3)

    def scenario(self) -> Scenario:
        steps: Steps = []
        for room in self.rooms:
            steps += self.edits(room)
        steps += self.people()
        steps += self.lives()
        if self.maybe(0.7):
            steps += self.faults()
        pace = self.chance.choice((1.0, 5.0))
        if self.seed % 5 == 1:
            pace = TOGETHER
        return Scenario(
            seed=self.seed,
            rooms=self.rooms,
            steps=tuple(sorted(steps, key=lambda each: each[0])),
            people=self.described(),
            switches=self.switches(),
            rates=self.rates(),
            calls_per_second=pace if self.maybe(0.8) else 1.0,
            pace=pace,
            page_size=self.chance.choice((1000, 1000, 2)),
            horizon=self.horizon,
        )

    def edits(self, room: str) -> Steps:
        roster = self.editor.roster(room)
        steps: Steps = [(0.0, Declare(roster))]
        for at in sorted(
            self.when() for _ in range(self.chance.choice((0, 1, 1, 2, 3)))
        ):
            roster = self.editor.edited(roster)
            steps.append((at, Declare(roster)))
        if self.maybe(0.1) and roster.members:
            who = self.chance.choice(roster.members).label
            steps.append((self.when(), AskAgain(room, who)))
        return steps

    def described(self) -> dict[str, Subscriber]:
        return {
            number_of(label, room): self.person()
            for room in self.rooms
            for label in LABELS
            if self.maybe(0.6)
        }

    def person(self) -> Subscriber:
        choice = self.chance.choice
        return Subscriber(
            answers_after=choice((0.1, 1.0, 3.0, 8.0)),
            busy=choice((0, 0, 0, 1, ALWAYS)),
            no_answer=choice((0, 0, 0, 0, 1)),
            fails=choice((0, 0, 0, 0, 1)),
            hangs_up_after=choice((None, None, None, 2.0, 9.0)),
        )

    def people(self) -> Steps:
        steps: Steps = []
        for _ in range(self.chance.choice((0, 0, 1, 2, 4))):
            room, label = self.chance.choice(self.rooms), self.chance.choice(LABELS)
            steps.append((self.when(), self.outcome(room, label)))
        return steps

    def outcome(self, room: str, label: str) -> Happening:
        number = number_of(label, room).partition("?")[0]
        kind = self.chance.choice(
            ("hang up", "dial in", "stranger", "meddle", "meddle")
        )
        if kind == "hang up":
            return PhoneHangsUp(label)
        if kind == "dial in":
            return PhoneDialsIn(room, number, self.chance.choice((None, None, label)))
        if kind == "stranger":
            return PhoneDialsIn(room, self.chance.choice(STRANGERS))
        flag = self.chance.choice(("Muted", "Muted", "Hold", "Coaching"))
        value = "false" if flag == "Coaching" else self.chance.choice(("true", "false"))
        return Meddle(label, {flag: value})

    def lives(self) -> Steps:
        """Processes: one or two at once, some dying, freezing or being stopped."""
        steps: Steps = []
        names = ("a",) if self.maybe(0.65) else ("a", "b")
        for name in names:
            at = 0.1 if name == "a" else round(self.chance.uniform(0.1, 6.0), 3)
            for life in range(self.chance.choice((1, 1, 2, 3))):
                process = f"{name}{life}"
                rest = self.chance.choice((0.5, 2.0, 5.0))
                steps.append((at, StartProcess(process, rest, once=self.maybe(0.3))))
                steps += self.mishaps(process, at)
                at += round(self.chance.uniform(2.0, self.horizon / 2), 3)
                steps.append((at, self.end_of(process)))
                at += self.chance.choice((0.0, 0.2, 3.0))
        return steps

    def mishaps(self, process: str, at: float) -> Steps:
        steps: Steps = []
        later = at + round(self.chance.uniform(0.0, 8.0), 3)
        if self.maybe(0.12):
            seconds = self.chance.choice((0.5, 4.0, 20.0, 45.0))
            steps.append((later, Freeze(process, self.chance.randint(1, 60), seconds)))
        if self.maybe(0.05):
            steps.append((later, Jump(process, self.chance.choice((-3600, 40, 600)))))
        return steps

    def end_of(self, process: str) -> Happening:
        if self.maybe(0.6):
            return Kill(process, self.chance.randint(1, 80))
        return Stop(process, hard=self.maybe(0.5))

    def faults(self) -> Steps:
        return [
            (self.when() * self.chance.random(), Break(self.fault()))
            for _ in range(self.chance.randint(1, 5))
        ]

    def fault(self) -> Fault:
        method, path = self.chance.choice(
            (
                ("POST", "*/Participants.json"),
                ("POST", "*/Participants.json"),
                ("POST", "*/Participants/*"),
                ("POST", "*/Calls/*"),
                ("DELETE", "*"),
                ("GET", "*/Participants.json*"),
                ("GET", "*/Conferences.json*"),
                ("GET", "*/Calls*"),
                ("*", "*"),
            )
        )
        fault = Fault(
            kind=self.chance.choice(_FAULTS),
            method=method,
            path=path,
            times=self.chance.choice((1, 1, 2, 5)),
            skip=self.chance.choice((0, 0, 1, 3)),
            after=self.maybe(0.5),
            seconds=self.chance.choice((0.0, 0.5, 12.0, 20.0)),
        )
        return fault if fault.kind in _DELAYING else replace(fault, seconds=0.0)

    def switches(self) -> Switches:
        turned = self.chance.choice((0.0, 0.3, 1.0))
        chosen: dict[str, Any] = {
            name: self.chance.choice(values)
            for name, values in _SWITCHES.items()
            if self.maybe(turned)
        }
        return Switches(**chosen)

    def rates(self) -> TroubleRates:
        if self.maybe(0.4):
            return CALM
        draw = self.chance.choice
        return TroubleRates(
            slow_request=draw((0.0, 0.0, 0.05)),
            late_write=draw((0.0, 0.1)),
            lost_write=draw((0.0, 0.1)),
            refused=draw((0.0, 0.03)),
            slow_commit=draw((0.0, 0.03)),
            database=draw((0.0, 0.0, 0.02)),
        )

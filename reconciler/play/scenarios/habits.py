"""What people do in ordinary use, a kind at a time: each seed plays some of them.

A scenario keeps all that it has; the steps of the kinds are added to it.
"""

import random
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec.structs import replace

from reconciler.engine.desired_room import Standing
from reconciler.model.roster import Member, Roster
from reconciler.play.scenarios.editor import LABELS, Editor, number_of
from reconciler.play.scenarios.scenario import (
    QUIET_SECONDS,
    Approve,
    Break,
    Declare,
    Happening,
    PhoneDialsIn,
    PhoneHangsUp,
    RedialOrder,
    Resolve,
    Save,
    Scenario,
    Stand,
    StartProcess,
    Stop,
)
from reconciler.simulator.exchange.behavior import Switches
from reconciler.simulator.exchange.fault import Fault, FaultKind, Source
from reconciler.simulator.exchange.people import WITHHELD, Subscriber

Steps = list[tuple[float, Happening]]

ROOMS = ("line", "court", "annex")
"""All rooms there may be; the last one is only ever another name of the first."""

CREATES = "*/Participants.json"
PEOPLE = "*/Participants/*"
REREAD = QUIET_SECONDS + 0.5


class Habit(StrEnum):
    """A kind of ordinary use."""

    SECOND_LEGS = "second legs"
    GHOSTS = "ghosts"
    STRANGERS = "strangers"
    LABELS = "labels renamed"
    MOVES = "people moved between rooms"
    ROOMS = "conferences renamed"
    HALF_SAVED = "half-saved files"
    DISMISSALS = "many dismissals"
    PAUSES = "pauses"
    DECISIONS = "decisions"
    SLOW_CREATES = "slow creates"
    REFUSALS = "refusals"
    LAGS = "lags"
    BESIDE = "a sync beside"


_SWITCHES: Mapping[Habit, Mapping[str, tuple[object, ...]]] = {
    Habit.GHOSTS: {"change_of_gone": ("404", "404+16001", "16099")},
    Habit.STRANGERS: {"withheld_caller": ("number", "word")},
    Habit.LAGS: {
        "list_change_lag": (0, 1, 2),
        "conferences_list_lag": (0, 2, 6),
        "new_call_missing_seconds": (0, 2, 8),
        "status_init": ("served", "in-progress"),
        "ended_conference_missing_seconds": (0, 3),
        "update_ringing": ("404", "16001", "16099", "21220"),
    },
    Habit.REFUSALS: {
        "complete_while_dialing": ("works", "refused"),
        "ending_seconds": (0, 3),
        "complete_refused_code": (20001, 16030),
    },
}


def accustomed(scenario: Scenario) -> Scenario:
    """The scenario with a random half of the habits added to it."""
    return _HabitMaker(scenario).scenario()


class _HabitMaker:
    def __init__(self, scenario: Scenario) -> None:
        self.of = scenario
        self.chance = random.Random(f"habits {scenario.seed}")  # noqa: S311 - repeatable on purpose
        self.habits = [habit for habit in Habit if self.chance.random() < 0.5]
        self.editor = Editor(self.chance)
        self.people = dict(scenario.people)
        self.steps: Steps = []
        self.rosters: dict[str, Roster] = {}

    def when(self, since: float = 0.2) -> float:
        return round(self.chance.uniform(since, self.of.horizon), 3)

    def maybe(self, of: float) -> bool:
        return self.chance.random() < of

    def scenario(self) -> Scenario:
        files = self.files()
        for habit in self.habits:
            if habit in _PLAYED:
                _PLAYED[habit](self)
        steps = [*files, *self.steps]
        return replace(
            self.of,
            rooms=self.rooms(files),
            steps=tuple(sorted(steps, key=lambda each: each[0])),
            people=self.people,
            switches=self.switches(),
        )

    def rooms(self, steps: Steps) -> tuple[str, ...]:
        """All rooms that are ever declared."""
        named = set(self.of.rooms)
        for _, step in steps:
            if isinstance(step, Declare):
                named.add(step.roster.room)
            elif isinstance(step, Save):
                named |= {roster.room for roster in step.rosters}
        return tuple(sorted(named))

    def switches(self) -> Switches:
        chosen: dict[str, Any] = {
            name: self.chance.choice(values)
            for habit in self.habits
            for name, values in _SWITCHES.get(habit, {}).items()
            if self.maybe(0.5)
        }
        return replace(self.of.switches, **chosen)

    # Edits

    def files(self) -> Steps:
        """The scenario's own steps, its edits perhaps as saves of a folder."""
        writing = {Habit.ROOMS, Habit.MOVES, Habit.HALF_SAVED}
        steps: Steps = []
        edits: list[tuple[float, Roster | None]] = []
        for at, step in self.of.steps:
            if isinstance(step, Declare):
                edits.append((at, step.roster))
            else:
                steps.append((at, step))
        edits += [(self.when(), None) for _ in range(self.count_of_edits())]
        contents: list[tuple[float, dict[str, Roster]]] = []
        for at, roster in sorted(edits, key=lambda each: each[0]):
            self.edit(roster)
            contents.append((at, dict(self.rosters)))
        if writing.isdisjoint(self.habits):
            return [*steps, *_declared(contents)]
        return [*steps, *self.saved(contents)]

    def saved(self, contents: list[tuple[float, dict[str, Roster]]]) -> Steps:
        """A folder that is read after each write, and again once it is quiet."""
        if Habit.HALF_SAVED not in self.habits:
            return [(at, Save(tuple(files.values()))) for at, files in contents]
        writes = self.written(contents)
        reads = {at for at, _ in writes}
        reads |= {round(at + REREAD, 3) for at in reads if at > 0}
        return [(at, _read_at(at, writes)) for at in sorted(reads)]

    def written(
        self, contents: list[tuple[float, dict[str, Roster]]]
    ) -> list[tuple[float, dict[str, Roster]]]:
        """What the files hold from when on: some hold half for a moment, or nothing."""
        writes: list[tuple[float, dict[str, Roster]]] = []
        before: dict[str, Roster] = {}
        for at, files in contents:
            changed = {x for x, roster in files.items() if before.get(x) != roster}
            later = at
            if at > 0 and self.maybe(0.5):
                later = round(at + self.chance.choice((0.3, 1.0, 2.5)), 3)
                halves = {x: self.halved(files[x]) for x in changed}
                writes.append((at, {**files, **halves}))
            elif at > 0 and self.maybe(0.3):
                later = round(at + self.chance.choice((0.1, 2.0)), 3)
                left = {x: roster for x, roster in before.items() if x not in changed}
                writes.append((at, left))
            writes.append((later, files))
            before = files
        return sorted(writes, key=lambda each: each[0])

    def count_of_edits(self) -> int:
        edits = {Habit.LABELS, Habit.MOVES, Habit.ROOMS, Habit.DISMISSALS}
        wanted = len(edits.intersection(self.habits))
        return self.chance.randint(wanted, wanted * 2) if wanted else 0

    def edit(self, roster: Roster | None) -> None:
        """Apply an edit of the scenario, or one of our own."""
        if roster is not None:
            self.rosters[self.place_of(roster.room)] = replace(
                roster, room=self.place_of(roster.room)
            )
            return
        kinds = [habit for habit in _EDITED if habit in self.habits]
        if kinds and self.rosters:
            _EDITED[self.chance.choice(kinds)](self)

    def place_of(self, room: str) -> str:
        """The name under which a room goes now."""
        return "annex" if room == "line" and "annex" in self.rosters else room

    def halved(self, roster: Roster) -> Roster:
        """The members that are in the first half of the file."""
        members = list(roster.members[: max(1, len(roster.members) // 2)])
        return replace(roster, members=tuple(self.editor.consistent(members)))

    def relabel(self) -> None:
        """The same person, and the same phone, under another name."""
        roster = self.pick()
        if not roster.members:
            return
        member = self.chance.choice(roster.members)
        free = [x for x in LABELS if roster.member(x) is None]
        name = self.chance.choice([*free, f"{member.label}-2"])
        if roster.member(name) is not None:
            return
        self.put(
            roster, [_renamed(each, member.label, name) for each in roster.members]
        )

    def move(self) -> None:
        """Somebody is taken out of one room's file and written into another's."""
        roster = self.pick()
        other = self.rosters.get("court") or Roster("court")
        if roster.room == "court":
            other = next((x for x in self.rosters.values() if x.room != "court"), other)
        movable = [x for x in roster.members if other.member(x.label) is None]
        if not movable or other.room == roster.room:
            return
        member = self.chance.choice(movable)
        left = [each for each in roster.members if each is not member]
        self.put(roster, left)
        self.put(other, [*other.members, replace(member, coaching=None)])

    def rename_room(self) -> None:
        """A conference gets another name in its file, or its old one back."""
        old, new = ("annex", "line") if "annex" in self.rosters else ("line", "annex")
        roster = self.rosters.pop(old, None)
        if roster is not None:
            self.rosters[new] = replace(roster, room=new)

    def dismiss(self) -> None:
        """Some are taken out of the file; often the next edit takes out more."""
        roster = self.pick()
        count = self.chance.choice((1, 1, 2, 3))
        members = self.chance.sample(
            roster.members, max(0, len(roster.members) - count)
        )
        left = [member for member in roster.members if member in members]
        limits = replace(roster.limits, removals=self.chance.choice((1, 2)))
        self.put(replace(roster, limits=limits), left)

    def pick(self) -> Roster:
        return self.rosters[self.chance.choice(sorted(self.rosters))]

    def put(self, roster: Roster, members: list[Member]) -> None:
        consistent = tuple(self.editor.consistent(members))
        self.rosters[roster.room] = replace(roster, members=consistent)

    # People

    def number(self) -> tuple[str, str, str]:
        """A room, a label and the bare address of whom it calls."""
        room, label = self.chance.choice(self.of.rooms), self.chance.choice(LABELS)
        return room, label, number_of(label, room).partition("?")[0]

    def second_legs(self) -> None:
        """Members dial in while they are in, or while their phone rings."""
        for _ in range(self.chance.randint(1, 3)):
            room, _, number = self.number()
            at = self.when(2.0)
            if self.maybe(0.4):
                lost = self.chance.choice((3.0, 10.0, 25.0))
                self.steps.append((at, PhoneHangsUp(number, ghost_seconds=lost)))
                at = round(at + self.chance.choice((0.2, 1.0)), 3)
            self.steps.append((at, PhoneDialsIn(room, number)))

    def ghosts(self) -> None:
        """Phones that lose their network, and legs that are listed for too long."""
        for _ in range(self.chance.randint(1, 3)):
            _, _, number = self.number()
            ghost = self.chance.choice((0.0, 4.0, 12.0))
            listed = self.chance.choice((0.0, 2.0, 6.0))
            self.steps.append((self.when(2.0), PhoneHangsUp(number, ghost, listed)))
        _, _, number = self.number()
        person = self.people.get(number, Subscriber())
        self.people[number] = replace(person, ghost_seconds=5.0, listed_seconds=3.0)

    def strangers(self) -> None:
        """People dial in whom nobody listed; some do not show their number."""
        for number in range(self.chance.randint(1, 3)):
            room, label, _ = self.number()
            sender = f"+1555999010{number}"
            held = self.chance.choice(("", *WITHHELD))
            named = self.chance.choice((None, None, label, "guest"))
            self.steps.append((self.when(), PhoneDialsIn(room, sender, named, held)))
            if self.maybe(0.3):
                self.steps.append((self.when(4.0), PhoneHangsUp(sender)))

    # Decisions

    def pauses(self) -> None:
        """Somebody pauses a room in the middle of things, and perhaps resumes it."""
        room = self.chance.choice(self.of.rooms)
        at = self.when()
        seconds = self.chance.choice((None, None, 3.0, 10.0))
        kind = Standing.RELEASED if self.maybe(0.15) else Standing.PAUSED
        self.steps.append((at, Stand(room, kind, seconds)))
        if self.maybe(0.7):
            again = round(at + self.chance.uniform(0.1, 12.0), 3)
            self.steps.append((again, Stand(room, Standing.MANAGED)))

    def decisions(self) -> None:
        """Redials, answers and approvals, whether they fit or not."""
        for _ in range(self.chance.randint(1, 4)):
            room, label, _ = self.number()
            step = self.chance.choice(
                (
                    RedialOrder(room, label),
                    Resolve(room, label, rung=True),
                    Approve(room),
                    Approve(room),
                )
            )
            self.steps.append((self.when(3.0), step))

    # Twilio and processes

    def slow_creates(self) -> None:
        """Creates hang for long, and then work or do not."""
        for _ in range(self.chance.randint(1, 3)):
            fault = Fault(
                kind=self.chance.choice((FaultKind.HANG, FaultKind.SLOW)),
                method="POST",
                path=CREATES,
                times=self.chance.choice((1, 1, 3)),
                after=self.maybe(0.5),
                seconds=self.chance.choice((3.0, 12.0, 30.0)),
            )
            self.steps.append((self.when() * self.chance.random(), Break(fault)))

    def refusals(self) -> None:
        """Stray 401s, pages of the network before Twilio, numbers that are refused."""
        for _ in range(self.chance.randint(1, 3)):
            kind, body = self.chance.choice(_REFUSED)
            method, path = self.chance.choice(
                (("*", "*"), ("POST", CREATES), ("POST", PEOPLE), ("GET", "*"))
            )
            times = self.chance.choice((1, 1, 2, 4))
            fault = Fault(kind, method, path, times, body=body, after=self.maybe(0.3))
            self.steps.append((self.when() * self.chance.random(), Break(fault)))
        if self.maybe(0.5):
            _, _, number = self.number()
            code, status = self.chance.choice(
                ((21216, 400), (21215, 403), (21211, 400))
            )
            self.people[number] = Subscriber(refused=code, refused_status=status)

    def beside(self) -> None:
        """Somebody runs ``sync`` beside what runs already."""
        for index in range(self.chance.randint(1, 2)):
            name, at = f"s{index}", self.when()
            once = self.maybe(0.3)
            self.steps.append((at, StartProcess(name, rest=600.0, once=once)))
            over = round(at + self.chance.uniform(3.0, 20.0), 3)
            self.steps.append((over, Stop(name, hard=self.maybe(0.5))))


def _declared(contents: list[tuple[float, dict[str, Roster]]]) -> Steps:
    """Each changed roster by itself."""
    steps: Steps = []
    before: dict[str, Roster] = {}
    for at, files in contents:
        steps += [
            (at, Declare(roster))
            for x, roster in files.items()
            if before.get(x) != roster
        ]
        before = files
    return steps


def _read_at(at: float, writes: list[tuple[float, dict[str, Roster]]]) -> Save:
    """The files as they are then; those just written are young."""
    files: dict[str, Roster] = {}
    written_at: dict[str, float] = {}
    for moment, written in writes:
        if moment > at:
            break
        for room, roster in written.items():
            if files.get(room) != roster:
                written_at[room] = moment
        files = written
    young = {
        x for x in files if written_at[x] > 0 and at - written_at[x] < QUIET_SECONDS
    }
    return Save(tuple(files.values()), frozenset(young))


def _renamed(member: Member, old: str, new: str) -> Member:
    label = new if member.label == old else member.label
    coaching = new if member.coaching == old else member.coaching
    return replace(member, label=label, coaching=coaching)


_REFUSED = (
    (FaultKind.UNAUTHORIZED, Source.TWILIO),
    (FaultKind.UNAUTHORIZED, Source.CDN),
    (FaultKind.FORBIDDEN, Source.CDN),
    (FaultKind.BAD_GATEWAY, Source.CDN),
    (FaultKind.UNAVAILABLE, Source.CDN),
    (FaultKind.NOT_FOUND, Source.CDN),
)

_EDITED = {
    Habit.LABELS: _HabitMaker.relabel,
    Habit.MOVES: _HabitMaker.move,
    Habit.ROOMS: _HabitMaker.rename_room,
    Habit.DISMISSALS: _HabitMaker.dismiss,
}

_PLAYED = {
    Habit.SECOND_LEGS: _HabitMaker.second_legs,
    Habit.GHOSTS: _HabitMaker.ghosts,
    Habit.STRANGERS: _HabitMaker.strangers,
    Habit.PAUSES: _HabitMaker.pauses,
    Habit.DECISIONS: _HabitMaker.decisions,
    Habit.SLOW_CREATES: _HabitMaker.slow_creates,
    Habit.REFUSALS: _HabitMaker.refusals,
    Habit.BESIDE: _HabitMaker.beside,
}

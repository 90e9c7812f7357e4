"""What is known of a run besides the exchange's own history: who did what, knowing what."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import islice
from operator import itemgetter
from typing import NamedTuple

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.engine.desired_room import Standing
from reconciler.engine.ports import SEND_WITHIN_SECONDS, Lease
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.model.attempt import Attempt
from reconciler.model.event import Event
from reconciler.model.roster import Roster
from reconciler.play.scenarios.scenario import Happening
from reconciler.play.scenarios.trouble import Strike
from reconciler.play.world.act import Act, Kind, Knowledge, ShownSurvey
from reconciler.play.world.virtual_loop import Process
from reconciler.twilio.http.timing import Timing

BESIDE_SECONDS = 10.0
"""Seconds between two looks of which a ring may rest on the first."""

DELAYED_SECONDS = SEND_WITHIN_SECONDS + 0.05
"""Seconds after its event within which a silence leaves, beside later looks."""

ANSWERED_SECONDS = Timing().write_total_seconds + DELAYED_SECONDS
"""Seconds within which a request is answered, or given up."""

OBSERVATIONS_KEPT = 40
"""Complete looks at a room that are kept: more than fit into ``ANSWERED_SECONDS``."""


class DeclaredRoster(Struct, frozen=True):
    """A roster from the moment on that it was in SQL."""

    at: float
    roster: Roster


class Stood(Struct, frozen=True):
    """Since when a room is managed, paused or released, and for how long a pause.

    ``young`` says that its file is too young to remove people.
    """

    at: float
    room: str
    standing: Standing
    until: float | None = None
    young: bool = False


class Reported(Struct, frozen=True):
    """A pass as its process reported it, and what it knew."""

    at: float
    process: Process
    made: ReconcileResult
    known: Knowledge | None

    @property
    def is_of_observation(self) -> bool:
        """Whether it tells of its process's last look at the room.

        What only tells how requests of an earlier pass ended begins after that.
        """
        return self.known is not None and self.made.began_at <= self.known.at


class Violation(Struct, frozen=True):
    """A promise that was broken."""

    oracle: str
    at: float
    what: str

    def __str__(self) -> str:
        return f"{self.oracle}: {self.what}"


About = Happening | Strike | Act | ReconcileResult | Violation | None
"""What a line of the trace is about."""


class JournalLine(NamedTuple):
    """One thing that happened, when, and to or by whom.

    A line about an act is of its begin, or "Twilio" tells its effect.
    """

    at: float
    who: str
    what: str
    about: About = None


class RunJournal(Struct):
    """All of it, in order of time."""

    acts: list[Act] = field(default_factory=list)
    declared: list[DeclaredRoster] = field(default_factory=list)
    stands: list[Stood] = field(default_factory=list)
    approvals: list[tuple[float, str]] = field(default_factory=list)
    not_rung: list[tuple[float, str, str]] = field(default_factory=list)
    passes: list[Reported] = field(default_factory=list)
    lines: list[JournalLine] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)
    attempts: dict[int, Attempt] = field(default_factory=dict)
    attempts_at: dict[int, float] = field(default_factory=dict)
    events: list[tuple[float, Event]] = field(default_factory=list)
    made: dict[str, Act] = field(default_factory=dict)
    touched: dict[str, list[tuple[float, Knowledge | None]]] = field(
        default_factory=dict
    )
    judged: int = 0
    known: dict[tuple[Process, str], Knowledge] = field(default_factory=dict)
    known_before: dict[tuple[Process, str], list[Knowledge]] = field(
        default_factory=dict
    )
    surveys: dict[Process, ShownSurvey] = field(default_factory=dict)
    leases: dict[tuple[Process, str], Lease] = field(default_factory=dict)
    released: dict[tuple[Process, str], float] = field(default_factory=dict)

    def tell(self, at: float, who: object, what: str, about: About = None) -> None:
        """One line of the trace."""
        self.lines.append(JournalLine(at, str(who), what, about))

    def blame(self, oracle: str, at: float, what: str) -> None:
        """A promise was broken."""
        violation = Violation(oracle, at, what)
        self.violations.append(violation)
        self.tell(at, "VIOLATION", f"{oracle}: {what}", violation)

    def touch(self, call_sid: str, at: float, known: Knowledge | None) -> None:
        """A participant was changed: by a pass of ours, or by others."""
        self.touched.setdefault(call_sid, []).append((at, known))

    def learn(self, known: Knowledge) -> None:
        """From here on a process knows this of a room, and nothing else yet."""
        key = (known.process, known.room)
        before = self.known.get(key)
        if before is not None and before.complete:
            kept = self.known_before.get(key, [])[1 - OBSERVATIONS_KEPT :]
            self.known_before[key] = [*kept, before]
        self.known[key] = known

    def knowledge(self, act: Act) -> Knowledge | None:
        """What a write that begins rests on.

        A ring continues beside the next look at the room, and so does a silence that
        is sent again: it rests on the look of its first request, 2 s before. A
        silence may wait for the request before it, and needs no newer look than that
        of its event. A removal that is slow to leave is not waited for, and neither
        is a change that waits for one before it: both rest on the look of their event.
        """
        key = act.process, act.planned_for or act.room
        known, before = self.known.get(key), self.known_before.get(key, [])
        if known is None or not before:
            return known
        if act.kind in {Kind.UPDATE, Kind.DELETE}:
            since = act.begun_at - DELAYED_SECONDS
            noted_at = self.noted_at(act, since)
            older = [each for each in before if noted_at and each.at <= noted_at]
            if noted_at and noted_at < known.at and older:
                return older[-1]
        beside = (act.silences or act.kind is Kind.CREATE) and not known.complete
        latest = max(before[-1].at, before[-1].shown_at)
        if beside and known.at - latest < BESIDE_SECONDS:
            return before[-1]
        return known

    def noted_at(self, act: Act, since: float) -> float | None:
        """When its process first put *act* on record, from *since* on.

        One that is sent again is the one of before, however long its process stood
        still between the two. What was skipped is planned anew, and rests on the plan
        that is newest.
        """
        events = self._noted_of(act, since)
        if events and "sent again" in events[-1][1].message:
            events = self._noted_of(act, act.begun_at - ANSWERED_SECONDS)
            firsts = [at for at, event in events if "sent again" not in event.message]
            return firsts[-1] if firsts else None
        return events[0 if act.silences else -1][0] if events else None

    def _noted_of(self, act: Act, since: float) -> list[tuple[float, Event]]:
        """The events that plan *act*, after one that it was skipped."""
        begin = bisect_left(self.events, since, key=itemgetter(0))
        noted: list[tuple[float, Event]] = []
        for at, event in islice(self.events, begin, None):
            ours = (event.run or "").startswith(f"{act.process.name}-")
            if event.call_sid != act.target or not ours or not _tells(event, act):
                continue
            if event.kind.endswith("planned"):
                noted.append((at, event))
            elif event.kind.endswith("skipped"):
                noted.clear()
        return noted

    def surveyed(self, process: Process, survey: ShownSurvey) -> None:
        """A process was shown which conferences there are, all of them.

        A pass that knew all it needs may act on that whatever is shown beside it.
        """
        self.surveys[process] = survey
        for (who, _), knowledge in self.known.items():
            if who is process and not knowledge.complete:
                knowledge.survey = survey

    def is_held_elsewhere(self, process: Process, room: str, since: float) -> bool:
        """Whether another process has held *room* at some time after *since*."""
        until = {held: lease.expires_at for held, lease in self.leases.items()}
        return any(
            of == room and who is not process and at > since
            for (who, of), at in (*until.items(), *self.released.items())
        )

    def declare(self, at: float, roster: Roster) -> None:
        """A roster is in SQL; one that says what the last one said is none."""
        if self.roster(roster.room, at) != roster:
            self.declared.append(DeclaredRoster(at, roster))

    def stood(self, stood: Stood) -> None:
        """What SQL says of a room's standing, noted where it changed."""
        standings = [
            standing for standing in self.stands if standing.room == stood.room
        ]
        last = replace(standings[-1], at=stood.at) if standings else None
        if last != stood:
            self.stands.append(stood)

    def standing(self, room: str, at: float) -> Stood | None:
        """Whether a room was to be converged at a moment, None if it was."""
        standings = [
            each for each in self.stands if each.room == room and each.at <= at
        ]
        if not standings or standings[-1].standing is Standing.MANAGED:
            return None
        last = standings[-1]
        paused = last.standing is Standing.PAUSED
        over = paused and last.until is not None and last.until <= at
        return None if over else last

    def planned_for(self, kind: Kind, target: str) -> str | None:
        """The room of the last event that says that a call is to be changed."""
        if kind in {Kind.CREATE, Kind.COMPLETE}:
            return None
        return next(
            (
                event.room
                for _, event in reversed(self.events)
                if event.call_sid == target and event.kind.endswith("planned")
            ),
            None,
        )

    def was_young(self, room: str, at: float) -> bool:
        """Whether a room's file had been written a moment before."""
        standings = [
            standing
            for standing in self.stands
            if standing.room == room and standing.at <= at
        ]
        return bool(standings) and standings[-1].young

    def roster(self, room: str, at: float) -> Roster | None:
        """What was declared of a room at a moment."""
        rosters = [
            e.roster for e in self.declared if e.roster.room == room and e.at <= at
        ]
        return rosters[-1] if rosters else None

    def declared_at(self, room: str, at: float) -> float:
        """Since when a room's roster of a moment was declared."""
        mine = [e for e in self.declared if e.roster.room == room and e.at <= at]
        stands = [e.at for e in self.stands if e.room == room and e.at <= at]
        return max([mine[-1].at if mine else 0.0, *stands])

    def listed(self, room: str) -> Sequence[Roster]:
        """Every roster that a room ever had."""
        return [
            declared.roster
            for declared in self.declared
            if declared.roster.room == room
        ]


def _tells(event: Event, act: Act) -> bool:
    """Whether *event* is of what *act* does."""
    if act.kind is Kind.DELETE:
        return event.kind.startswith("remove.")
    if not act.silences:
        return event.kind.startswith("change.")
    phrase = "mute" if "Muted" in act.form else "put on hold"
    return phrase in event.message.partition(":")[0].split(", ")

"""Shrinks a failing run to the fewest events, by delta debugging (Zeller's ddmin).

A smaller run counts if it breaks the same promise. First the trouble of the network
becomes a list of what struck; then events go, in ever smaller parts; then circumstances
(phones, switches, members of rosters) go one by one; and again until nothing more goes.
"""

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from reconciler.model.roster import Roster
from reconciler.play.event_list import Event, events_of, with_events
from reconciler.play.scenarios.scenario import Declare, Happening, Save, Scenario
from reconciler.play.scenarios.trouble import CALM
from reconciler.play.world.run import Report
from reconciler.simulator.exchange.behavior import Switches

RUNS = 2000
"""Runs after which the smallest one so far is the answer."""


class NothingBroken(ValueError):  # noqa: N818 - a state of the run
    """The run to be shrunk breaks no promise."""


class Shrunk(Struct, frozen=True):
    """The smallest run found that breaks ``oracle``, after so many ``runs``."""

    report: Report
    oracle: str
    before: int
    runs: int

    @property
    def scenario(self) -> Scenario:
        return self.report.scenario

    @property
    def events(self) -> tuple[Event, ...]:
        return events_of(self.scenario)


def shrink(scenario: Scenario, play: Callable[[Scenario], Report]) -> Shrunk:
    """The fewest events that break the promise which *scenario* breaks first.

    NothingBroken if it breaks none. *play* runs a scenario and judges it.
    """
    report = play(scenario)
    if not report.journal.violations:
        raise NothingBroken(f"seed {scenario.seed} breaks no promise")
    struck = tuple(report.world.trouble.struck)
    listed = replace(scenario, strikes=struck)
    search = _Search(play, report, report.journal.violations[0].oracle)
    search.accept(listed)
    while search.runs < RUNS and _smaller(search):
        pass
    before = len(scenario.steps) + len(struck)
    return Shrunk(search.best, search.oracle, before, search.runs)


class _Search:
    """The smallest run so far."""

    def __init__(
        self, play: Callable[[Scenario], Report], report: Report, oracle: str
    ) -> None:
        self._play = play
        self.best = report
        self.oracle = oracle
        self.runs = 1

    @property
    def scenario(self) -> Scenario:
        return self.best.scenario

    def accept(self, scenario: Scenario) -> bool:
        """Whether a run breaks the promise too; then it is the smallest."""
        if self.runs >= RUNS or scenario == self.scenario:
            return False
        self.runs += 1
        try:
            report = self._play(scenario)
        except Exception:  # noqa: BLE001 - a run without sense is no smaller run
            return False
        broken = any(x.oracle == self.oracle for x in report.journal.violations)
        if broken:
            self.best = report
        return broken


def _smaller(search: _Search) -> bool:
    """Whether anything could go."""
    before = search.scenario
    search.accept(replace(before, strikes=(), rates=CALM))
    _fewer_events(search)
    for simpler in _simplifications(search.scenario):
        search.accept(simpler(search.scenario))
    return search.scenario != before


def _fewer_events(search: _Search) -> None:
    """ddmin: parts of the events are left out, then ever smaller parts."""
    parts = 2
    while len(events := events_of(search.scenario)) >= parts:
        if any(_without(search, events, part) for part in _split(len(events), parts)):
            parts = max(2, parts - 1)
        elif parts == len(events):
            return
        else:
            parts = min(len(events), parts * 2)
    if len(events) == 1:
        search.accept(with_events(search.scenario, ()))


def _without(search: _Search, events: Sequence[Event], part: range) -> bool:
    left = [each for at, each in enumerate(events) if at not in part]
    return search.accept(with_events(search.scenario, left))


def _split(count: int, parts: int) -> Iterator[range]:
    """*count* places in so many parts of about the same size."""
    for part in range(parts):
        yield range(count * part // parts, count * (part + 1) // parts)


Simplification = Callable[[Scenario], Scenario]


def _simplifications(scenario: Scenario) -> Iterator[Simplification]:
    """What makes a scenario simpler, one circumstance each."""
    yield lambda of: replace(of, people={})
    for number in scenario.people:
        yield lambda of, gone=number: replace(  # type: ignore[misc]
            of, people={x: each for x, each in of.people.items() if x != gone}
        )
    yield lambda of: replace(of, switches=Switches())
    for name in Switches.__struct_fields__:
        usual = {name: getattr(Switches(), name)}
        yield lambda of, usual=usual: replace(  # type: ignore[misc]
            of, switches=replace(of.switches, **usual)
        )
    yield lambda of: replace(of, modes=(), timetables={})
    yield lambda of: replace(of, stuck_after=None)
    yield _ended_soon
    for room in scenario.rooms:
        yield lambda of, gone=room: _without_room(of, gone)  # type: ignore[misc]
    for label in sorted(_labels(scenario)):
        yield lambda of, gone=label: _without_member(of, gone)  # type: ignore[misc]


def _ended_soon(scenario: Scenario) -> Scenario:
    """The faults stop a moment after the last event."""
    last = max((at for at, _ in scenario.steps), default=0.0)
    return replace(scenario, horizon=min(scenario.horizon, last + 1.0))


def _without_room(scenario: Scenario, gone: str) -> Scenario:
    rooms = tuple(room for room in scenario.rooms if room != gone)
    return replace(scenario, rooms=rooms) if rooms else scenario


def _labels(scenario: Scenario) -> set[str]:
    return {
        member.label
        for _, step in scenario.steps
        for roster in _rosters(step)
        for member in roster.members
    }


def _rosters(step: Happening) -> tuple[Roster, ...]:
    match step:
        case Declare(roster):
            return (roster,)
        case Save(rosters):
            return rosters
        case _:
            return ()


def _without_member(scenario: Scenario, gone: str) -> Scenario:
    """The scenario whose rosters never list *gone*, where nobody refers to them."""
    steps = tuple((at, _step_without(step, gone)) for at, step in scenario.steps)
    return replace(scenario, steps=steps)


def _step_without(step: Happening, gone: str) -> Happening:
    match step:
        case Declare(roster):
            return Declare(_roster_without(roster, gone))
        case Save(rosters):
            return replace(
                step, rosters=tuple(_roster_without(x, gone) for x in rosters)
            )
        case _:
            return step


def _roster_without(roster: Roster, gone: str) -> Roster:
    members = tuple(
        replace(member, coaching=None) if member.coaching == gone else member
        for member in roster.members
        if member.label != gone
    )
    groups = tuple(
        replace(group, labels=tuple(x for x in group.labels if x != gone))
        for group in roster.groups
    )
    return replace(roster, members=members, groups=groups)

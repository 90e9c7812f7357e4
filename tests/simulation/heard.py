"""Oracle "ledger": the exposure ledger says what the exchange itself heard, within a look.

At the end of every pass that observed its room, each leg on record has the audience
that it had in the exchange while the listing was read and ever since: where that did
not change in between. Whoever is alone is heard by nobody either way. What makes
listings untrue is left out of these scenarios.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from msgspec.structs import replace

from reconciler.model.observation import Observation
from reconciler.model.recorded_observation import Audience, LegInterval, OverheardCause
from reconciler.planning.leg_intervals import open_intervals
from reconciler.play.in_memory.memory_store import InMemoryStore
from reconciler.play.scenarios.generate import make_scenario
from reconciler.play.scenarios.scenario import (
    Break,
    Happening,
    Jump,
    PhoneHangsUp,
    Scenario,
)
from reconciler.play.world.run import run
from reconciler.play.world.run_journal import Reported
from reconciler.play.world.world import World
from reconciler.simulator.exchange.audit_log import Exposure
from reconciler.simulator.exchange.fault import FaultKind

Heard = tuple[Audience, str | None]

NOBODY: Heard = (Audience.NOBODY, None)

_UNTIL_SEEN = OverheardCause.UNTIL_SEEN


def make_truthful(seed: int) -> Scenario:
    """The scenario of a seed, with listings and clocks that tell the truth."""
    scenario = make_scenario(seed)
    switches = replace(
        scenario.switches,
        list_lag=0,
        list_change_lag=0,
        ended_listed_seconds=0,
        muted_while_waiting=False,
        coach_when_target_leaves="audible",
    )
    steps = tuple((at, _truthful(x)) for at, x in scenario.steps if _is_truthful(x))
    people = {
        number: replace(person, ghost_seconds=0.0, listed_seconds=0.0)
        for number, person in scenario.people.items()
    }
    return replace(scenario, steps=steps, switches=switches, people=people)


def _is_truthful(step: Happening) -> bool:
    stale = isinstance(step, Break) and step.fault.kind is FaultKind.STALE
    return not (isinstance(step, Jump) or stale)


def _truthful(step: Happening) -> Happening:
    return PhoneHangsUp(step.who) if isinstance(step, PhoneHangsUp) else step


@dataclass(frozen=True, slots=True)
class LedgerTally:
    """What one seed came to: ``heard`` legs that were heard were compared."""

    seed: int
    broken: tuple[str, ...]
    heard: int


def ledger_tally(seed: int) -> LedgerTally:
    """Run one seed and judge its ledger."""
    report = run(make_truthful(seed))
    heard = judge_ledger(report.world)
    found = (x for x in report.journal.violations if x.oracle == "ledger")
    return LedgerTally(seed, tuple(map(str, found)), heard)


def judge_ledger(world: World) -> int:
    """Judge every pass; the number of legs that were compared and were heard."""
    compared = 0
    for reported in world.journal.passes:
        known = reported.known
        if known is None or known.shown is None:
            continue
        seen = reported.made.evaluation.observation
        if isinstance(seen, Observation) and len(_connected(seen)) > 1:
            for sid in _connected(seen):
                compared += _judge(world, reported, known.shown_at, sid)
    return compared


def _connected(seen: Observation) -> list[str]:
    return [leg.call_sid for leg in seen.participants if leg.connected]


def _judge(world: World, reported: Reported, since: float, sid: str) -> bool:
    heard = set(_heard(world, sid, since, reported.at))
    recorded = _recorded(world, reported.made.room, sid, reported.at)
    if len(heard) == 1 and not heard <= recorded:
        told = f"{sid} was heard by {heard} and on record is {recorded}"
        world.journal.blame("ledger", reported.at, told)
    return heard != {NOBODY}


def _heard(world: World, sid: str, since: float, until: float) -> Iterator[Heard]:
    """By whom a call was heard from *since* to *until* in the exchange."""
    state = NOBODY
    for each in _exposures(world, sid):
        if each.at > until:
            break
        if each.at > since:
            yield state
        state = (each.audience, each.target)
    yield state


def _exposures(world: World, sid: str) -> list[Exposure]:
    known = world.exchange.history.exposures
    return [each for each in known if each.call_sid == sid]


def _recorded(world: World, room: str, sid: str, at: float) -> set[Heard]:
    """By whom a call was heard at *at*, by the ledger.

    Two answers where a later look found out that it was overheard ever since *at*: what
    was on record then, and what is since.
    """
    mine = [x for x in _intervals(world, room) if x.call_sid == sid]
    later = any(x.cause is _UNTIL_SEEN and x.begins_at == at for x in mine)
    found = {
        (each.audience, each.target)
        for each in mine
        if each.begins_at <= at < (each.ends_at or float("inf"))
        or (later and each.ends_at == at)
    }
    return found or {NOBODY}


def _intervals(world: World, room: str) -> list[LegInterval]:
    if not isinstance(world.store, InMemoryStore):
        raise TypeError("The exposure ledger is compared in the store in memory.")
    tables = world.store.tables
    last = tables.observed.get(room)
    lasting = open_intervals(last) if last else ()
    return [*(x for x in tables.intervals if x.room == room), *lasting]

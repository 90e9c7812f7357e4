"""Oracle "same end": trouble leaves no trace in a room that came to rest.

A run that nobody but the product acted in is lived again without faults,
deaths and delays. If both converge with nobody left to wait for, the same
people are in the same rooms in the same state, and each was rung as often.
"""

from collections import Counter

from msgspec.structs import replace

from reconciler.engine.room.evaluation import RoomPhase
from reconciler.play.scenarios.scenario import Declare, Scenario, StartProcess
from reconciler.play.scenarios.trouble import CALM
from reconciler.play.world.run import Report, run
from reconciler.simulator.exchange.people import ALWAYS, Subscriber


def judge_same_end(report: Report) -> None:
    """Compare a run with its untroubled twin, where that is fair."""
    if report.failed or not _fair(report.scenario) or not _converged(report):
        return
    twin = run(_untroubled(report.scenario))
    if not _converged(twin):
        return
    for what, mine, other in (
        ("states", _states(report), _states(twin)),
        ("rings", _rings(report), _rings(twin)),
    ):
        if mine != other:
            found = f"{what} {mine - other} instead of {other - mine}"
            report.journal.blame("same end", report.world.now, found)


def _fair(scenario: Scenario) -> bool:
    """Whether nothing but trouble tells the twins apart."""
    edits = [each for _, each in scenario.steps if isinstance(each, Declare)]
    return (
        not scenario.disturbed
        and len(edits) == len(scenario.rooms)
        and all(map(_steady, scenario.people.values()))
    )


def _steady(person: Subscriber) -> bool:
    once = person.no_answer or person.fails or person.hangs_up_after is not None
    return person.busy in {0, ALWAYS} and not once


def _untroubled(scenario: Scenario) -> Scenario:
    edits = tuple(step for step in scenario.steps if isinstance(step[1], Declare))
    steps = (*edits, (0.1, StartProcess("a0", rest=2.0)))
    return replace(scenario, steps=steps, rates=CALM, strikes=None, stuck_after=None)


def _converged(report: Report) -> bool:
    return all(
        result.state is RoomPhase.CONVERGED and not result.evaluation.plan.waiting
        for result in report.last.values()
    )


def _states(report: Report) -> Counter[object]:
    world = report.world
    state = world.exchange.state
    return Counter(
        (
            leg.label,
            leg.muted,
            leg.hold,
            world.label_of(conference.name, leg.call_sid_to_coach or ""),
            leg.end_conference_on_exit,
        )
        for conference in state.conferences.values()
        if conference.live
        for leg in state.connected(conference.sid)
    )


def _rings(report: Report) -> Counter[object]:
    return Counter(ring.label for ring in report.world.exchange.history.rings)

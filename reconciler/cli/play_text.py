"""What ``reconciler play`` prints."""

from collections.abc import Iterator, Sequence
from typing import Any

from reconciler.model.masking import mask
from reconciler.planning.serialize import FORMAT_VERSION
from reconciler.play.campaign import ReachedState, by_oracle
from reconciler.play.event_list import Event
from reconciler.play.narration import event_in_words, narrated
from reconciler.play.seed_result import SeedResult
from reconciler.play.world.run import Report
from reconciler.play.world.run_journal import Violation

_SHOWN = 40
"""Failing seeds that are listed."""


def run_lines(
    report: Report, events: Sequence[Event], *, explain: bool, listed: bool
) -> Iterator[str]:
    """One run: its events, or all that happened; and which promises it breaks."""
    if explain:
        for each in narrated(report):
            yield f"{each.at:9.3f}  {mask(each.text)}"
    elif listed:
        yield from (mask(event_in_words(event)) for event in events)
    broken = report.journal.violations
    for violation in broken if not explain else ():
        yield f"BROKEN PROMISE {violation}"
    rest = report.rest_seconds
    calm = "never at rest" if rest is None else f"at rest after {rest:.0f} s"
    yield (
        f"seed {report.scenario.seed}: {len(events)} events, {calm} without faults, "
        f"{len(broken)} broken promises"
    )


def campaign_lines(
    results: Sequence[SeedResult], states: Sequence[ReachedState], seconds: float
) -> Iterator[str]:
    """Many seeds: what they came to, what fails, and how to see it."""
    failed = [result for result in results if result.broken]
    yield (
        f"{len(results)} seeds in {seconds:.0f} s "
        f"({len(results) / max(seconds, 0.001):.1f} a second): "
        f"{sum(result.writes for result in results)} writes, "
        f"{sum(result.calls for result in results)} calls, "
        f"{len(failed)} seeds with broken promises"
    )
    for oracle, count in by_oracle(failed).most_common():
        yield f"  {count} seeds break {oracle}"
    for result in failed[:_SHOWN]:
        yield f"  seed {result.seed}: {result.broken[0]}"
    yield from _state_lines(states)
    if failed:
        yield f"To see the first: reconciler play --seed {failed[0].seed} --shrink --explain"


def _state_lines(states: Sequence[ReachedState]) -> Iterator[str]:
    yield "Seeds that reached a rare state, and the floor:"
    for reached_state in states:
        floor = (
            "" if reached_state.floor is None else f" of at least {reached_state.floor}"
        )
        low = "  BELOW THE FLOOR" if reached_state.below else ""
        yield f"  {reached_state.seeds:6}{floor}  {reached_state.name}{low}"


def run_data(
    report: Report, events: Sequence[Event], *, explain: bool
) -> dict[str, Any]:
    """The document of one run."""
    told = narrated(report) if explain else ()
    return {
        **_document([report.scenario.seed]),
        "failures": [
            _failure(report.scenario.seed, x) for x in report.journal.violations
        ],
        "rest_seconds": report.rest_seconds,
        "events": [mask(event_in_words(event).strip()) for event in events],
        "story": [{"at_seconds": x.at, "text": mask(x.text)} for x in told],
    }


def campaign_data(
    results: Sequence[SeedResult], states: Sequence[ReachedState]
) -> dict[str, Any]:
    """The document of many seeds."""
    return {
        **_document([result.seed for result in results]),
        "failures": [
            _split_failure(result.seed, text)
            for result in results
            for text in result.broken
        ],
        "writes": sum(result.writes for result in results),
        "calls": sum(result.calls for result in results),
        "rare_states": [
            {"name": x.name, "seeds": x.seeds, "floor": x.floor} for x in states
        ],
    }


def _document(seeds: Sequence[int]) -> dict[str, Any]:
    """What the documents have in common."""
    return {"format_version": FORMAT_VERSION, "seeds": len(seeds)}


def _failure(seed: int, violation: Violation) -> dict[str, Any]:
    return {"seed": seed, "promise": violation.oracle, "text": violation.what}


def _split_failure(seed: int, text: str) -> dict[str, Any]:
    oracle, _, what = text.partition(": ")
    return {"seed": seed, "promise": oracle, "text": what}

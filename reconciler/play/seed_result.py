"""What one seed comes to, as a process reports it to another."""

from collections.abc import Callable, Iterable

from msgspec import Struct

from reconciler.play.oracles.twin import judge_same_end
from reconciler.play.rare_states import STATES
from reconciler.play.scenarios.generate import make_scenario
from reconciler.play.scenarios.scenario import START, Scenario
from reconciler.play.world.run import Report, run
from reconciler.play.world.run_journal import RunJournal


class SeedResult(Struct, frozen=True):
    """Broken promises, requests that change something, calls, rare states reached."""

    seed: int
    broken: tuple[str, ...]
    writes: int = 0
    calls: int = 0
    states: frozenset[str] = frozenset()


def judged(scenario: Scenario) -> Report:
    """The run of a scenario, with all promises judged."""
    report = run(scenario)
    judge_same_end(report)
    return report


def play_seed(seed: int, make: Callable[[int], Scenario] = make_scenario) -> SeedResult:
    """Run one seed; an error of the simulation itself is a broken promise, too."""
    try:
        report = judged(make(seed))
    except Exception as error:  # noqa: BLE001 - a failing simulation is a failing seed
        return SeedResult(seed, (f"{type(error).__name__}: {error}",))
    return SeedResult(
        seed,
        tuple(map(str, report.journal.violations)),
        len(report.journal.acts),
        len(report.world.exchange.history.rings),
        frozenset(
            rare_state.name for rare_state in STATES if rare_state.reached(report)
        ),
    )


def trace(journal: RunJournal, start: float = START) -> list[str]:
    """The run as a log, a line for each thing that happened."""
    return [f"{at - start:9.3f} {who:9} {what}" for at, who, what, _ in journal.lines]


def reached_counts(results: Iterable[SeedResult]) -> dict[str, int]:
    """How many seeds reached each rare state."""
    counts = dict.fromkeys((rare_state.name for rare_state in STATES), 0)
    for result in results:
        for name in result.states:
            counts[name] += 1
    return counts

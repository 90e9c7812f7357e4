"""The simulation of the tests: what one seed costs."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

from benchmarks.builds import Build
from benchmarks.harness import Bench, Worker, environment, in_turn, note
from benchmarks.part import Part
from benchmarks.table import Row, beside

SEEDS = 20
MOST_MS = 58.0 / 2
PLAYER = Path(__file__).parents[1] / "seeds.py"


def simulation(bench: Bench) -> Iterator[Row]:
    """The rows of this family: each round plays other seeds, all builds the same."""
    note(f"simulation: {SEEDS} seeds a round")
    parties = {x.name: _player(bench.keep(_worker(x))) for x in bench.builds}
    figures = in_turn(bench.rounds, parties)
    what = "CPU of a seed of the simulation"
    yield from beside(bench, what, figures, "ms", MOST_MS, 1 / 2, "simulation")


def _worker(build: Build) -> Worker:
    env = environment("") | build.environment()
    return Worker(PLAYER.read_text("utf-8"), env=env, build=build, code=True)


def _player(worker: Worker) -> Callable[[], float]:
    """Milliseconds of CPU a seed."""
    turn = count()

    def play() -> float:
        first = 1 + next(turn) * SEEDS
        taken = worker.ask("play", first=first, seeds=SEEDS)
        return float(taken["cpu"]) / SEEDS * 1000

    return play


PARTS = (Part("simulation", simulation, seconds=25),)

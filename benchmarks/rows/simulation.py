"""The simulation of the tests: what one seed costs."""

import json
from functools import partial

from benchmarks.builds import Build
from benchmarks.harness import Bench, environment, in_turn, note, timed
from benchmarks.table import Row, beside

SEEDS = 20
MOST_MS = 58.0 / 2

_RUN = f"""
import json, time
try:
    from reconciler.play.scenarios.generate import make_scenario
    from reconciler.play.world.run import run
except ModuleNotFoundError:  # builds whose simulation is among the tests
    from tests.simulation.generate import make_scenario
    from tests.simulation.run import run
run(make_scenario(0))
began = time.process_time()
for seed in range(1, {SEEDS + 1}):
    run(make_scenario(seed))
print(json.dumps((time.process_time() - began) / {SEEDS} * 1000))
"""


def measure(bench: Bench) -> list[Row]:
    """The rows of this family."""
    note(f"simulation: {SEEDS} seeds")
    parties = {each.name: partial(_seed, each) for each in bench.builds}
    figures = in_turn(bench.rounds, parties)
    what = "CPU of a seed of the simulation"
    return beside(bench, what, figures, "ms", MOST_MS, 1 / 2, "simulation")


def _seed(build: Build) -> float:
    env = environment("") | build.environment()
    taken = timed([build.python, "-c", _RUN], env, build.tree)
    if taken.code:
        raise RuntimeError(f"the simulation ended: {taken.output[-400:]}")
    return float(json.loads(taken.output.splitlines()[-1]))

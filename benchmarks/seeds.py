"""``python -m benchmarks.seeds``: plays seeds of the simulation whenever told to.

Runs within the tree of any build.
"""

import json
import sys
import time

try:
    from reconciler.play.scenarios.generate import make_scenario
    from reconciler.play.world.run import run
except ModuleNotFoundError:  # builds whose simulation is among the tests
    from importlib import import_module

    make_scenario = import_module("tests.simulation.generate").make_scenario
    run = import_module("tests.simulation.run").run


def main() -> None:
    """A line of JSON for each command, as of ``worker``, which older builds lack."""
    run(make_scenario(0))
    print("{}", flush=True)
    for line in sys.stdin:
        given = json.loads(line)
        began = time.process_time()
        for seed in range(given["first"], given["first"] + given["seeds"]):
            run(make_scenario(seed))
        print(json.dumps({"cpu": time.process_time() - began}), flush=True)


if __name__ == "__main__":
    main()

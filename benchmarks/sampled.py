"""``python -m benchmarks.sampled PATH AFTER MODULE [ARG…]``: run a module, and sample it.

AFTER is in seconds: what is done before is left out.
"""

import runpy
import sys
from pathlib import Path

from benchmarks.sampling import Sampler


def main() -> None:
    """Run the module as the main program; its figures are written however it ends."""
    path, after, module, *args = sys.argv[1:]
    sys.argv = [module, *args]
    sampler = Sampler(float(after))
    try:
        with sampler.running():
            runpy.run_module(module, run_name="__main__", alter_sys=True)
    finally:
        sampler.write(Path(path))


if __name__ == "__main__":
    main()

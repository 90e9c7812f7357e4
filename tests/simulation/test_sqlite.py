"""The same lives over the real store: each goes exactly as over the double."""

from pathlib import Path

import pytest

from reconciler.play.scenarios.generate import make_scenario
from reconciler.play.seed_result import trace
from reconciler.play.world.run import run
from tests.simulation.bridge import sqlite

pytestmark = pytest.mark.no_cover


@pytest.mark.parametrize("seed", range(6))
def test_a_life_over_sqlite_is_that_over_the_double(seed: int, tmp_path: Path) -> None:
    scenario = make_scenario(seed)
    with sqlite(tmp_path / "store.db") as store:
        real = run(scenario, store=store)
    assert real.journal.violations == []
    assert trace(real.journal) == trace(run(scenario).journal)

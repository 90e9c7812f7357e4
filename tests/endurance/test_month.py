"""Nothing grows without bound. The whole month: ``python -m tests.endurance --month``."""

from pathlib import Path

import pytest

from reconciler.store.queries import retention
from tests.endurance.daemon import Course
from tests.endurance.memory import Memory
from tests.endurance.month import OBJECT_GROWTH, WARM, live_month
from tests.endurance.sqlite import short_lived
from tests.sample_size import sample_size

pytestmark = pytest.mark.no_cover

DAY = 86_400.0
COURSE = Course(True, resync=1800.0, pulse=600.0, tick=600.0)
"""Slower still: the whole suite has to fit into minutes."""

WARM_ROWS = 4
"""Days after which no table may grow any more: rows are kept for one."""

MORE = sample_size(2, 4)
"""Days after that, in which none does."""


def test_memory_is_flat_once_everything_was_seen() -> None:
    month = live_month(WARM + 3, Memory(), COURSE, traced=False)
    assert month.violations == ()
    assert month.object_growth < 2 * OBJECT_GROWTH
    assert month.grown_rows == {}


@pytest.mark.long
def test_a_database_stays_as_large_as_what_it_keeps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "CHANGES_KEPT", 40)
    path = tmp_path / "store.db"
    with short_lived(path, DAY) as books:
        month = live_month(
            WARM_ROWS + MORE, books, COURSE, traced=False, warm=WARM_ROWS
        )
    assert month.violations == ()
    assert month.grown_rows == {}
    assert month.evenings[-1].rows["events"] > 0
    assert path.stat().st_size < 1_000_000

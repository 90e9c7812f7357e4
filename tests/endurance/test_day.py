"""Hours of trouble end well. A whole day: ``python -m tests.endurance --hours 24``."""

from pathlib import Path

import pytest

from tests.endurance.memory import Memory
from tests.endurance.run import Report, live
from tests.endurance.sqlite import short_lived
from tests.sample_size import sample_size

pytestmark = pytest.mark.no_cover

HOURS = sample_size(1, 3) / 3
SHORT = sample_size(1, 2) / 6
LIVES = [
    pytest.param(7, HOURS, id="7"),
    pytest.param(24, sample_size(1, 6) / 6, id="24"),
]


def _told(report: Report) -> list[str]:
    return [str(each) for each in report.violations]


@pytest.mark.long
@pytest.mark.parametrize(("seed", "hours"), LIVES)
def test_trouble_ends_alike_with_webhooks_and_without(seed: int, hours: float) -> None:
    without = live(seed, hours, webhooks=False, books=Memory())
    assert _told(without) == []
    told = live(seed, hours, webhooks=True, books=Memory())
    assert _told(told) == []
    assert told.figures.webhooks > 0
    assert told.end == without.end
    assert all(len(room) == 6 for room in told.end.values())


def test_trouble_over_sqlite_ends_as_well(tmp_path: Path) -> None:
    with short_lived(tmp_path / "store.db", 900.0) as books:
        report = live(2, SHORT, webhooks=True, books=books)
    assert _told(report) == []
    assert report.figures.restarts > 0


def test_the_same_seed_lives_the_same_life() -> None:
    once, again = (live(3, SHORT, webhooks=True, books=Memory()) for _ in range(2))
    assert once.lines == again.lines

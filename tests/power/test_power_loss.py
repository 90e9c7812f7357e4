"""The power goes in the middle of a sync: nobody is rung twice by the next one."""

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.power.disk import Disk
from tests.power.syncing import DECLARED, Moment, aftermath, moments
from tests.sample_size import sample_size

pytestmark = pytest.mark.no_cover


def _first_of_each(points: Sequence[Moment]) -> list[int]:
    """The first of those points that leave the same behind."""
    return [points.index(moment) for moment in dict.fromkeys(points)]


def test_after_a_power_loss_at_any_change_of_a_file_nobody_is_rung_twice(
    tmp_path: Path,
) -> None:
    points = moments(tmp_path / "whole")
    assert len(points) >= 200
    ends = {
        at: aftermath(tmp_path / str(at), Disk(ends_at=at))
        for at in _first_of_each(points)
    }
    assert {at: each for at, each in ends.items() if not each.sound} == {}
    assert any(each.error for each in ends.values())


def test_where_sqlite_has_no_wal_the_commit_before_a_create_is_not_lost_either(
    tmp_path: Path,
) -> None:
    points = moments(tmp_path / "whole", sharing=False)
    just_left = {x for x in points if x._replace(creates=x.creates - 1) in points}
    assert len(just_left) == len(DECLARED.members)
    ends = {
        at: aftermath(tmp_path / str(at), Disk(ends_at=at), sharing=False)
        for at in map(points.index, just_left)
    }
    assert {at: each for at, each in ends.items() if not each.sound} == {}


def test_what_was_not_synced_may_be_found_in_part(tmp_path: Path) -> None:
    points = range(len(moments(tmp_path / "whole")))
    chosen = random.Random(1).sample(points, sample_size(4, len(points)))  # noqa: S311 - repeatable
    ends = {
        at: aftermath(tmp_path / str(at), Disk(ends_at=at), random.Random(at))  # noqa: S311 - repeatable
        for at in chosen
    }
    assert {at: each for at, each in ends.items() if not each.sound} == {}


def test_a_disk_that_acknowledges_a_sync_and_does_nothing_rings_people_twice(
    tmp_path: Path,
) -> None:
    points = moments(tmp_path / "whole")
    rung = points.index(max(each for each in points if each.creates == 1))
    end = aftermath(tmp_path / "lies", Disk(ends_at=rung, lies=True))
    assert not end.sound
    assert max(end.rung.values()) == 2

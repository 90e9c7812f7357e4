"""A write fails in the middle of a sync: nobody rings unrecorded, and the next one works."""

import random
from pathlib import Path

import pytest

from tests.power.disk import Disk, Fault
from tests.power.syncing import aftermath, moments
from tests.sample_size import sample_size

pytestmark = pytest.mark.no_cover


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("fault", [Fault.FULL, Fault.WRITE], ids=lambda x: x.name)
def test_a_write_that_fails_rings_nobody_twice_or_unrecorded(
    fault: Fault, lasting: bool, tmp_path: Path
) -> None:
    points = range(len(moments(tmp_path / "whole")))
    chosen = random.Random(int(lasting)).sample(points, sample_size(3, len(points)))  # noqa: S311 - repeatable
    ends = {
        at: aftermath(
            tmp_path / str(at), Disk(fails_at=at, fault=fault, lasting=lasting)
        )
        for at in chosen
    }
    assert {at: each for at, each in ends.items() if not each.sound} == {}


@pytest.mark.parametrize(
    ("fault", "said"), [(Fault.FULL, "disk is full"), (Fault.WRITE, "reports an error")]
)
def test_the_error_says_what_is_wrong_with_the_disk(
    fault: Fault, said: str, tmp_path: Path
) -> None:
    end = aftermath(tmp_path / "full", Disk(fails_at=20, fault=fault, lasting=True))
    assert said in str(end.error)
    assert end.sound

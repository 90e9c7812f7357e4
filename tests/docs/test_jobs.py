"""docs/jobs.md and desired/: short files that are valid, and key presses counted."""

import os
from pathlib import Path

import pytest

from reconciler.files import examine
from tests.docs.jobs import ROOT, jobs

DESIRED = ROOT / "desired"
FILES = sorted(each for each in DESIRED.iterdir() if each.suffix in {".yaml", ".csv"})
LINES = 25


def test_the_five_jobs_are_valid_together() -> None:
    loading, problems = examine([DESIRED], os.environ)
    assert problems == ()
    assert [each.room for each in loading.declarations] == [
        "hearing",
        "incident-bridge",
        "interpreter-line",
        "support-line",
        "webinar",
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_of_a_job_is_short(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= LINES


@pytest.mark.parametrize("job", jobs())
def test_the_key_presses_of_a_job_are_counted(job: str) -> None:
    steps = jobs()[job]
    assert len(steps) > 2
    assert [(x.text, x.keys) for x in steps] == [(x.text, x.counted) for x in steps]


def test_every_job_has_its_file() -> None:
    text = (ROOT / "docs/jobs.md").read_text("utf-8")
    rooms = [each for each in FILES if "conference:" in each.read_text("utf-8")]
    assert len(rooms) == len(jobs()) == 5
    assert all(f"`desired/{each.name}`" in text for each in rooms)

"""What fails beside other tests is run again, alone: some of it, and never more."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.run_again import MOST

ROOT = Path(__file__).parents[1]
PLUGINS = ("-p", "tests.run_again", "-p", "xdist.plugin")
"""Those that the tests need: others take longer to import than these tests to run."""
TESTS = """\
from pathlib import Path

import pytest

RUNS = Path(__file__).with_name("runs")


def note(name):
    with RUNS.open("a") as runs:
        runs.write(f"{name} ")
    return RUNS.read_text().split().count(name)


@pytest.mark.process
@pytest.mark.parametrize("number", range(FLAKY))
def test_flaky(number):
    assert note(f"flaky{number}") > 1


@pytest.mark.process
@pytest.mark.parametrize("number", range(BROKEN))
def test_broken(number):
    assert note("broken") > 9


@pytest.mark.parametrize("number", range(UNMARKED))
def test_unmarked(number):
    assert note("unmarked") > 1


def test_sound():
    note("sound")
"""


def run(folder: Path, *words: str, flaky: int, **numbers: int) -> tuple[int, str, str]:
    """Exit code, output, and the names of the tests that ran, in their order."""
    numbers = {"broken": 0, "unmarked": 0} | numbers | {"flaky": flaky}
    text = TESTS
    for name, number in numbers.items():
        text = text.replace(name.upper(), str(number))
    (folder / "test_some.py").write_text(text)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = process\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *PLUGINS, *words],
        cwd=folder,
        env=os.environ
        | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    runs = (folder / "runs").read_text().split()
    return done.returncode, done.stdout, " ".join(runs[runs.index("sound") + 1 :])


@pytest.mark.process
def test_what_passes_alone_is_named_and_fails_nothing(tmp_path: Path) -> None:
    code, said, again = run(tmp_path, "--numprocesses", "1", flaky=2)
    assert code == 0, said
    assert again == "flaky0 flaky1"
    for number in range(2):
        assert f"Flaky: test_some.py::test_flaky[{number}] passes alone" in said


@pytest.mark.process
def test_what_fails_again_fails_the_run(tmp_path: Path) -> None:
    code, said, again = run(tmp_path, flaky=1, broken=1)
    assert code == 1
    assert again == "flaky0 broken"
    assert "Flaky: test_some.py::test_flaky[0] passes alone" in said
    assert "Failed: test_some.py::test_broken[0] fails alone, too" in said


@pytest.mark.process
@pytest.mark.parametrize(
    ("flaky", "unmarked"), [(1, 1), (MOST + 1, 0)], ids=["unmarked", "many"]
)
def test_nothing_is_run_again_where_more_is_wrong_than_the_time_it_took(
    tmp_path: Path, flaky: int, unmarked: int
) -> None:
    code, said, again = run(tmp_path, flaky=flaky, unmarked=unmarked)
    assert code == 1
    assert again == ""
    assert "Flaky" not in said


@pytest.mark.process
@pytest.mark.parametrize("flaky", [0, 1])
def test_the_floor_of_coverage_fails_the_run_whatever_passes_alone(
    tmp_path: Path, flaky: int
) -> None:
    measured = ("-p", "pytest_cov.plugin", "--cov=.", "--cov-fail-under=99")
    code, said, again = run(tmp_path, *measured, flaky=flaky)
    assert code == 1, said
    assert "Required test coverage of 99% not reached" in said
    assert again == ""

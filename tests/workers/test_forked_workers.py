"""A run of tests on forked workers: they collect once, and differ in nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFTEST = """\
from tests.workers.forked_workers import ForkedWorkers


def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(ForkedWorkers())
"""
TESTS = """\
import os
from pathlib import Path

import pytest

HERE = Path(__file__).parent
with (HERE / "collected").open("a") as collected:
    collected.write(f"{os.getpid()}\\n")


@pytest.fixture(scope="session")
def worker(worker_id, tmp_path_factory):
    assert os.environ["PYTEST_XDIST_WORKER"] == worker_id
    assert tmp_path_factory.getbasetemp().name == f"popen-{worker_id}"
    yield worker_id
    with (HERE / "ended").open("a") as ended:
        ended.write(f"{os.getpid()}\\n")


@pytest.mark.parametrize("number", range(8))
def test_passes(number, worker, capfd):
    os.system(f"echo {number}")
    assert capfd.readouterr() == (f"{number}\\n", "")


def test_fails(worker):
    print("printed by", worker)
    raise AssertionError("on purpose")


@pytest.fixture(params=["begins", "ends"])
def broken(request):
    assert request.param != "begins"
    yield
    assert request.param != "ends"


def test_needs(broken):
    pass


def test_dies():
    os._exit(3)
"""

INTERRUPTED = """\
import os
import signal
from pathlib import Path

import psutil
import pytest

from tests.waiting import until


@pytest.fixture
def ends():
    yield
    Path("ended").touch()


def test_interrupted(ends):
    controller = psutil.Process().parent().parent()
    until(lambda: controller.status() == psutil.STATUS_SLEEPING)
    os.killpg(0, signal.SIGINT)
    signal.pause()
"""


def run(folder: Path, *words: str, **files: str) -> tuple[int, str]:
    """Exit code and output of a run of *files*."""
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    (folder / "pytest.ini").touch()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "xdist.plugin", "-rA", *words],
        cwd=folder,
        env=os.environ
        | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        start_new_session=True,
    )
    return done.returncode, done.stdout


@pytest.mark.process
def test_workers_are_processes_that_have_collected_when_they_begin(
    tmp_path: Path,
) -> None:
    code, said = run(tmp_path, "-n", "3", conftest=CONFTEST, test_some=TESTS)
    assert code == 1, said
    assert "2 failed, 9 passed, 2 errors" in said
    assert "ERROR at setup of test_needs[begins]" in said
    assert "ERROR at teardown of test_needs[ends]" in said
    assert "printed by gw" in said
    assert "crashed while running 'test_some.py::test_dies'" in said
    (collector,) = (tmp_path / "collected").read_text().split()
    workers = (tmp_path / "ended").read_text().split()
    assert len(set(workers)) == len(workers)
    assert collector not in workers
    assert not [each for each in (collector, *workers) if Path("/proc", each).exists()]


@pytest.mark.process
@pytest.mark.parametrize(
    ("words", "code", "summary"),
    [
        ((), 1, "1 passed, 1 error"),
        (("-x",), 2, "stopping after 1 failures"),
        (("nowhere.py",), 5, "no tests ran"),
    ],
    ids=["all", "until the first", "nothing"],
)
def test_what_cannot_be_collected_is_told_as_by_other_workers(
    tmp_path: Path, words: tuple[str, ...], code: int, summary: str
) -> None:
    files = {
        "test_broken": "import nothing_of_this_name\n",
        "test_sound": "def test_sound(): pass\n",
    }
    found, said = run(tmp_path, "-n", "2", *words, conftest=CONFTEST, **files)
    assert found == code, said
    assert summary in said
    assert ("ERROR test_broken.py" in said) is (code < 5)


@pytest.mark.process
def test_an_interrupt_of_all_processes_ends_fixtures_and_tells_of_no_worker(
    tmp_path: Path,
) -> None:
    code, said = run(tmp_path, "-n", "1", conftest=CONFTEST, test_some=INTERRUPTED)
    assert code == 2, said
    assert "keyboard" in said.lower()
    assert "tests/workers" not in said
    assert (tmp_path / "ended").exists()

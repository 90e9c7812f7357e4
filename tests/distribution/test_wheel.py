"""The wheel that ``make dist`` builds holds all that the commands need."""

import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

import reconciler

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.process


def _run(folder: Path, *words: str, path: Path | None = None) -> str:
    environ = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    if path:
        environ["PYTHONPATH"] = str(path)
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    _run(ROOT, "hatchling", "build", "--target", "wheel", "--directory", str(folder))
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_has_the_name_and_version_of_the_distribution(wheel: Path) -> None:
    name = f"conference_reconciler-{reconciler.__version__}"
    assert wheel.name == f"{name}-py3-none-any.whl"
    with ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata = archive.read(f"{name}.dist-info/METADATA").decode()
    tops = {each.split("/")[0] for each in names}
    assert tops == {"reconciler", f"{name}.dist-info"}
    assert "reconciler/py.typed" in names
    assert "License-Expression: MIT" in metadata


def test_commands_run_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    package, rooms = tmp_path / "package", tmp_path / "rooms"
    rooms.mkdir()
    with ZipFile(wheel) as archive:
        archive.extractall(package)

    where = (
        "from importlib.util import find_spec; print(find_spec('reconciler').origin)"
    )
    (rooms / "where.py").write_text(where)
    assert _run(rooms, "where", path=package).startswith(str(package))
    _run(rooms, "reconciler", "init", path=package)
    _run(rooms, "reconciler", "db", "upgrade", path=package)
    _run(rooms, "reconciler", "validate", path=package)

    assert (rooms / "reconciler.db").is_file()
    for each in (ROOT / "desired").iterdir():
        assert (package / "reconciler/simulator/rosters" / each.name).is_file()

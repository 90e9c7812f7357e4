"""The wheel that ``make dist`` builds holds all that the commands need."""

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

import reconciler

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.process


def _run(folder: Path, *words: str, path: Path | None = None, **variables: str) -> str:
    environ = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **variables}
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
    assert tops == {"reconciler", f"{name}.dist-info", f"{name}.data"}
    assert [x for x in names if x.startswith(f"{name}.data/")] == [
        f"{name}.data/data/share/man/man1/reconciler.1",
        f"{name}.data/data/share/man/man5/reconciler-roster.5",
    ]
    assert "reconciler/py.typed" in names
    assert "License-Expression: MIT" in metadata


def test_the_wheel_is_small_and_has_no_test_file(wheel: Path) -> None:
    assert wheel.stat().st_size < 1_500_000
    with ZipFile(wheel) as archive:
        names = archive.namelist()
    assert not [x for x in names if Path(x).name.startswith("test") or "/tests/" in x]
    assert not [x for x in names if "__pycache__" in x or ".db" in x]


def test_the_description_has_no_link_that_leads_nowhere(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        (name,) = [x for x in archive.namelist() if x.endswith("/METADATA")]
        text = archive.read(name).decode()
    assert "Description-Content-Type: text/markdown" in text
    assert "## Guarantees" in text
    assert re.findall(r"\]\((?!https?:|#)[^)]*\)", text) == []
    assert "Project-URL" not in text


def test_links_lead_to_the_repository_that_the_wheel_is_built_for(
    tmp_path: Path,
) -> None:
    repository = "https://git.example.com/ops/reconciler"
    words = ("hatchling", "build", "--target", "wheel", "--directory", str(tmp_path))
    _run(ROOT, *words, REPOSITORY=f"{repository}/")

    (built,) = tmp_path.glob("*.whl")
    with ZipFile(built) as archive:
        (name,) = [x for x in archive.namelist() if x.endswith("/METADATA")]
        text = archive.read(name).decode()
    files = f"{repository}/blob/v{reconciler.__version__}"
    assert f"Project-URL: Repository, {repository}\n" in text
    assert f"Project-URL: Changelog, {files}/CHANGELOG.md\n" in text
    assert f"[docs/tutorial.md]({files}/docs/tutorial.md)" in text
    assert re.findall(r"\]\((?!https?:|#)[^)]*\)", text) == []


def test_an_address_that_is_none_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--directory", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "REPOSITORY": "git@example.com:ops/reconciler"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode != 0
    assert "REPOSITORY is git@example.com:ops/reconciler" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_wheel_and_source_archive_are_the_same_whoever_builds_them(
    tmp_path: Path,
) -> None:
    built = []
    for name in ("one", "other"):
        copy = tmp_path / name / "source"
        _copied(copy)
        words = ["--directory", str(tmp_path / name / "dist")]
        _run(copy, "hatchling", "build", *words)
        found = sorted((tmp_path / name / "dist").iterdir())
        built.append(
            {x.name: hashlib.sha256(x.read_bytes()).hexdigest() for x in found}
        )
    assert len(built[0]) == 2
    assert built[0] == built[1]


def _copied(folder: Path) -> None:
    """The files that git knows, with times of now."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file() and not name.startswith(("tests/", "findings/")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())


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

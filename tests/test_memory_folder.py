import os
import tempfile
from pathlib import Path

import pytest

from tests import memory_folder
from tests.memory_folder import use_memory


@pytest.fixture
def no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has said yet where temporary files are."""
    monkeypatch.setenv("TMPDIR", "")  # restored after the test
    monkeypatch.delenv("TMPDIR")
    monkeypatch.setattr(tempfile, "tempdir", None)


@pytest.mark.usefixtures("no_folder")
def test_temporary_files_are_in_memory_where_it_has_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_folder, "ROOM_BYTES", 0)
    tempfile.gettempdir()
    use_memory(tmp_path)
    assert (os.environ["TMPDIR"], tempfile.gettempdir()) == (str(tmp_path),) * 2


@pytest.mark.usefixtures("no_folder")
def test_temporary_files_stay_where_they_are_if_memory_has_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_folder, "ROOM_BYTES", 1 << 62)
    use_memory(tmp_path)
    use_memory(tmp_path / "missing")
    assert "TMPDIR" not in os.environ


def test_a_folder_that_the_environment_names_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_folder, "ROOM_BYTES", 0)
    monkeypatch.setenv("TMPDIR", "/given")
    use_memory(tmp_path)
    assert os.environ["TMPDIR"] == "/given"

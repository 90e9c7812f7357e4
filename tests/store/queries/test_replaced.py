"""A database file that somebody puts in the place of another."""

from pathlib import Path
from shutil import copyfile

import pytest

from reconciler.model.errors import StoreError
from reconciler.store.opening import open_store
from tests.store.samples import ANN, NOW, ROOM, load, roster


def replace(path: Path, by: Path) -> None:
    for name in ("-wal", "-shm"):
        Path(f"{path}{name}").unlink(missing_ok=True)
    copyfile(by, moved := path.with_name("moved.db"))
    moved.replace(path)


async def test_a_file_put_in_anothers_place_is_told_of_once_and_then_used(
    tmp_path: Path,
) -> None:
    path, copy = tmp_path / "reconciler.db", tmp_path / "copy.db"
    async with await open_store(f"sqlite:///{copy}") as store:
        await load(store, roster(ANN, room="other"))
    async with await open_store(f"sqlite:///{path}") as store:
        await load(store, roster(ANN))
        replace(path, copy)
        with pytest.raises(StoreError, match="replaced by another file"):
            await store.rooms()
        assert await store.rooms() == ("other",)
        assert await store.desired(ROOM, NOW) is None


async def test_a_file_that_is_away_for_a_while_is_no_other(tmp_path: Path) -> None:
    path = tmp_path / "reconciler.db"
    async with await open_store(f"sqlite:///{path}") as store:
        await load(store, roster(ANN))
        path.rename(away := tmp_path / "away.db")
        away.rename(path)
        assert await store.rooms() == (ROOM,)

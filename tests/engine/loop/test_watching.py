"""A folder watched on a real disk: every way in which files come to change."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from reconciler.files.watching import WatchTiming, watch


class Seen:
    def __init__(self) -> None:
        self.times = 0
        self._again = asyncio.Event()

    def __call__(self) -> None:
        self.times += 1
        self._again.set()

    async def again(self) -> None:
        async with asyncio.timeout(15):
            await self._again.wait()
        self._again.clear()


@asynccontextmanager
async def watching(folder: Path, *named: Path) -> AsyncIterator[Seen]:
    seen = Seen()
    names = tuple(map(str, named))
    task = asyncio.create_task(
        watch(folder, seen, named=lambda: names, timing=WatchTiming(0.05, 0.3))
    )
    await asyncio.sleep(0.2)
    try:
        yield seen
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def rename_save(folder: Path) -> None:
    (folder / ".line.yaml.swp").write_text("version: 1\n")
    (folder / ".line.yaml.swp").rename(folder / "line.yaml")


def write_in_place(folder: Path) -> None:
    (folder / "line.yaml").write_text("version: 1\nconference: other\n")


def delete(folder: Path) -> None:
    (folder / "line.yaml").unlink()


def add_below(folder: Path) -> None:
    (folder / "team").mkdir()
    (folder / "team" / "new.yml").write_text("version: 1\n")


@pytest.mark.parametrize("edit", [rename_save, write_in_place, delete, add_below])
async def test_an_edit_is_seen(edit: Callable[[Path], None], tmp_path: Path) -> None:
    (tmp_path / "line.yaml").write_text("version: 1\n# before\n")
    async with watching(tmp_path) as seen:
        edit(tmp_path)
        await seen.again()


async def test_a_config_map_swap_is_seen(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"..{number}").mkdir()
        (tmp_path / f"..{number}" / "line.yaml").write_text(f"version: {number}\n")
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "line.yaml").symlink_to("..data/line.yaml")
    async with watching(tmp_path) as seen:
        (tmp_path / "..data_tmp").symlink_to("..2")
        (tmp_path / "..data_tmp").rename(tmp_path / "..data")
        await seen.again()


async def test_a_folder_that_goes_and_comes_back_is_seen_each_time(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "desired"
    folder.mkdir()
    (folder / "line.yaml").write_text("version: 1\n")
    async with watching(folder) as seen:
        shutil.rmtree(folder)
        await seen.again()
        folder.mkdir()
        (folder / "line.yaml").write_text("version: 1\n")
        await seen.again()
        write_in_place(folder)
        await seen.again()


async def test_a_folder_that_is_a_link_is_seen_to_lead_elsewhere(
    tmp_path: Path,
) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "line.yaml").write_text(f"# {name}\n")
    folder = tmp_path / "desired"
    folder.symlink_to("old")
    async with watching(folder) as seen:
        (tmp_path / "next").symlink_to("new")
        (tmp_path / "next").rename(folder)
        await seen.again()


async def test_many_files_at_once_are_one_change(tmp_path: Path) -> None:
    async with watching(tmp_path) as seen:
        for number in range(50):
            (tmp_path / f"{number}.yaml").write_text("version: 1\n")
        await seen.again()
        await asyncio.sleep(0.5)
        assert seen.times <= 2


async def test_what_is_no_roster_file_is_no_change(tmp_path: Path) -> None:
    async with watching(tmp_path) as seen:
        (tmp_path / "notes.txt").write_text("hello")
        (tmp_path / ".line.yaml.swp").write_text("version: 1\n")
        (tmp_path / ".git").mkdir()
        (tmp_path / ".git" / "config.yaml").write_text("version: 1\n")
        await asyncio.sleep(0.6)
        assert seen.times == 0


@pytest.mark.parametrize("edit", [rename_save, write_in_place, delete])
async def test_an_edit_of_a_single_file_is_seen(
    edit: Callable[[Path], None], tmp_path: Path
) -> None:
    (tmp_path / "line.yaml").write_text("version: 1\n# before\n")
    async with watching(tmp_path / "line.yaml") as seen:
        edit(tmp_path)
        await seen.again()


async def test_a_neighbor_of_a_single_file_is_not_told(tmp_path: Path) -> None:
    (tmp_path / "line.yaml").write_text("version: 1\n# before\n")
    (tmp_path / "other.yaml").write_text("version: 1\n")
    async with watching(tmp_path / "line.yaml") as seen:
        (tmp_path / "other.yaml").write_text("version: 1\n# changed\n")
        await asyncio.sleep(0.5)
        assert seen.times == 0
        write_in_place(tmp_path)
        await seen.again()


async def test_an_edit_behind_a_linked_folder_is_seen(tmp_path: Path) -> None:
    (tmp_path / "..1/team").mkdir(parents=True)
    (tmp_path / "..1/team/line.yaml").write_text("version: 1\n")
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "team").symlink_to("..data/team")
    async with watching(tmp_path) as seen:
        write_in_place(tmp_path / "..1/team")
        await seen.again()


@pytest.mark.parametrize("name", ["folder/all.csv", "folder/.part", "beside/part.yaml"])
@pytest.mark.parametrize("edit", ["write", "delete", "add"])
async def test_a_file_that_roster_files_name_is_seen_to_change(
    name: str, edit: str, tmp_path: Path
) -> None:
    folder, named = tmp_path / "folder", tmp_path / name
    folder.mkdir()
    named.parent.mkdir(exist_ok=True)
    if edit != "add":
        named.write_text("label,to\n")
    async with watching(folder, named) as seen:
        if edit == "delete":
            named.unlink()
        else:
            named.write_text("label,to\nann,client:ann\n")
        await seen.again()

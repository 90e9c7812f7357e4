"""Which data of time zones is used is found as zoneinfo finds it, and shown."""

import json
import zoneinfo
from pathlib import Path

import tzdata

from reconciler.bootstrap.zone_data import ZoneData, zone_data
from tests.cli.conftest import World


def _folder(path: Path, name: str = "", text: str = "") -> str:
    path.mkdir()
    (path / "UTC").write_bytes(b"TZif")
    if name:
        (path / name).write_text(text)
    return str(path)


def test_the_first_folder_with_zones_counts(tmp_path: Path) -> None:
    first = _folder(tmp_path / "first", "tzdata.zi", "# version 2025b\n# more\n")
    second = _folder(tmp_path / "second", "+VERSION", "2024a\n")
    empty = str(tmp_path / "none")

    found = zone_data([empty, first, second])
    other = zone_data([second, first])

    assert found == ZoneData("2025b", first, tzdata.IANA_VERSION)
    assert other == ZoneData("2024a", second, tzdata.IANA_VERSION)


def test_a_system_that_names_no_version_is_unknown_and_not_called_older(
    tmp_path: Path,
) -> None:
    found = zone_data([_folder(tmp_path / "zones")])

    assert found.version == "unknown"
    assert not found.older
    assert found.described().endswith(f"unknown from {tmp_path}/zones")


def test_without_folders_the_package_counts() -> None:
    found = zone_data([])

    assert found == ZoneData(tzdata.IANA_VERSION, "tzdata", tzdata.IANA_VERSION)
    assert not found.older


def test_older_data_of_the_system_is_told_with_what_to_do() -> None:
    text = ZoneData("2025b", "/usr/share/zoneinfo", "2026f").described()

    assert "2025b from /usr/share/zoneinfo is older than the package" in text
    assert 'PYTHONTZPATH=""' in text


def test_a_doctor_warns_of_data_older_than_the_package(
    world: World, tmp_path: Path
) -> None:
    zoneinfo.reset_tzpath([_folder(tmp_path / "zones", "+VERSION", "2001a")])
    try:
        found = world.run("doctor", "--output", "json")
    finally:
        zoneinfo.reset_tzpath()

    (zones,) = (x for x in found.data["checks"] if x["check"] == "time zones")
    assert zones["level"] == "warn"
    assert "2001a from" in zones["message"]


def test_commands_show_which_data_they_use(world: World) -> None:
    used = zone_data()

    assert used.version in world.run("--version").out
    data = json.loads(world.run("status", "--output", "json").out)
    assert data["time_zone_data"] == {"version": used.version, "source": used.source}
    assert used.described() in world.run("doctor").out

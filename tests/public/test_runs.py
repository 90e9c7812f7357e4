"""``reconciler.plan`` and ``reconciler.sync`` do what the commands do."""

import asyncio
import gc
import os
import time
from datetime import UTC, datetime, timedelta

import pytest

import reconciler
from reconciler.store.opening import open_store
from tests.cli.conftest import LINE, World

EVERYBODY = {"ann", "bob", "cara", "sup", "dan"}


def _without_times(data: object) -> object:
    if isinstance(data, dict):
        return {
            name: _without_times(value)
            for name, value in data.items()
            if not name.startswith(("until", "at"))
        }
    return [_without_times(each) for each in data] if isinstance(data, list) else data


def test_a_plan_writes_nothing_and_is_the_json_of_the_command(here: World) -> None:
    here.write(LINE)
    planned = reconciler.plan()

    room = planned.rooms[0]
    assert {each.label for each in room.actions} == EVERYBODY - {"sup"}
    assert [each.label for each in room.waiting] == ["sup"]
    assert all(isinstance(each, reconciler.Ring) for each in room.actions)
    assert planned.exit_code == here.run("plan", "--exit-code").code == 2
    assert here.writes() == []
    shown = here.run("plan", "--output", "json").data
    assert _without_times(planned.data) == _without_times(shown)


def test_what_the_caller_made_is_still_searched_for_garbage(here: World) -> None:
    here.write(LINE)
    before = gc.get_freeze_count()
    reconciler.plan()
    assert gc.get_freeze_count() == before


def test_a_sync_converges_and_tells_of_each_pass(here: World) -> None:
    here.write(LINE)
    passes: list[reconciler.RoomResult] = []

    result = reconciler.sync(on_pass=passes.append)

    assert result.converged
    assert result.exit_code == 0
    assert result.rooms[0].state is reconciler.RoomPhase.CONVERGED
    assert set(here.people()) == EVERYBODY
    assert sorted(here.creates()) == sorted(EVERYBODY)
    done = {each.action.label for each in result.rooms[0].outcomes}
    assert done == EVERYBODY
    assert passes
    assert passes[-1].state is reconciler.RoomPhase.CONVERGED
    assert reconciler.plan().converged


def test_a_second_sync_sends_nothing(here: World) -> None:
    here.converge()

    assert reconciler.sync().converged
    assert here.writes() == []


def test_limits_hold_until_a_reason_is_given(here: World) -> None:
    here.converge()
    here.write("\n".join(LINE.splitlines()[:6]) + "\nlimits: {removals: 1}\n")

    withheld = reconciler.sync()
    assert withheld.exit_code == 4
    assert {each.guard for each in withheld.rooms[0].withheld} == {"limits.removals"}
    assert set(here.people()) == EVERYBODY

    assert reconciler.sync(force="the shift ended").converged
    assert set(here.people()) == {"ann"}


def test_a_target_limits_a_sync(here: World) -> None:
    here.write(LINE)
    reconciler.sync(targets=["line/ann"], timeout=60)

    assert here.creates() == ["ann"]
    with pytest.raises(reconciler.SettingError, match="no such room"):
        reconciler.sync(targets=["lime"])


def test_errors_of_files_are_raised_with_their_places_and_put_on_record(
    here: World,
) -> None:
    here.converge()
    here.write(LINE.replace("conference: line", "conferense: line"))

    with pytest.raises(reconciler.RosterError) as raised:
        reconciler.sync()
    assert raised.value.problems[0].file == "desired/line.yaml"
    assert raised.value.problems[1].line == 2
    assert "line.yaml" in here.run("status", "--output", "json").out
    assert set(here.people()) == EVERYBODY


def test_a_file_with_an_error_holds_back_its_own_rooms(here: World) -> None:
    here.write(LINE)
    here.write("version: 1\nconference: [\n", "broken.yaml")

    result = reconciler.sync()

    assert set(here.people()) == EVERYBODY
    assert [each.file for each in result.refused] == ["desired/broken.yaml"]
    assert result.exit_code == 78


def test_a_plan_for_a_later_time_needs_an_offset(here: World) -> None:
    here.write(
        LINE
        + 'schedule:\n  - {when: "mon-sun 09:00-10:00", timezone: UTC, state: open}\n'
        "  - {otherwise: true, state: ended}\n"
    )
    inside = datetime(2030, 1, 1, 9, 30, tzinfo=UTC)

    assert reconciler.plan(at=inside).rooms[0].actions
    assert not reconciler.plan(at=inside + timedelta(hours=2)).rooms[0].actions
    with pytest.raises(reconciler.SettingError, match="no offset"):
        reconciler.plan(at=datetime(2030, 1, 1, 9, 30))  # noqa: DTZ001 - the point


def test_settings_are_the_environment_or_a_mapping(here: World) -> None:
    of = reconciler.load_settings(
        {"RECONCILER_DESIRED": "elsewhere", "RECONCILER_TWILIO_URL": here.url}
    )
    assert of.desired == "elsewhere"
    assert reconciler.load_settings().twilio_url == os.environ["RECONCILER_TWILIO_URL"]
    with pytest.raises(reconciler.SettingError, match="TWILIO_ACCOUNT_SID"):
        reconciler.plan(here.write(LINE), settings=of)
    with pytest.raises(reconciler.SettingError, match="RECONCILER_LEASE"):
        reconciler.load_settings({"RECONCILER_LEASE": "soon"})


@pytest.mark.usefixtures("here")
def test_standard_input_is_no_roster_of_a_sync() -> None:
    with pytest.raises(reconciler.SettingError, match="standard input"):
        reconciler.sync("-")


def test_rosters_are_read_without_database_and_credentials(here: World) -> None:
    path = here.write(LINE)

    rosters = reconciler.read_rosters(path).rosters

    assert [each.room for each in rosters] == ["line"]
    ann = rosters[0].member("ann")
    assert ann is not None
    assert ann.to == "+15551230001"


async def test_blocking_functions_in_an_event_loop_name_the_other_ones(
    here: World,
) -> None:
    here.write(LINE)
    with pytest.raises(RuntimeError, match="plan_async"):
        reconciler.plan()
    with pytest.raises(RuntimeError, match="sync_async"):
        reconciler.sync()
    assert (await reconciler.sync_async()).converged
    assert (await reconciler.plan_async()).converged


async def test_a_cancelled_sync_rings_nobody_twice(here: World) -> None:
    here.write(LINE)
    rung = asyncio.Event()
    loop = asyncio.get_running_loop()

    def note(room: reconciler.RoomResult) -> None:
        if any(each.action.verb == "ring" for each in room.outcomes):
            loop.call_soon(rung.set)

    task = asyncio.create_task(reconciler.sync_async(on_pass=note))
    await asyncio.wait_for(rung.wait(), 120)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert (await reconciler.sync_async()).converged
    assert sorted(here.creates()) == sorted(EVERYBODY)


def test_a_room_that_another_process_holds_is_an_error_to_wait_for(
    here: World,
) -> None:
    here.converge()
    here.write(LINE.replace("muted: true", "muted: false"))
    asyncio.run(_held(here))


async def _held(here: World) -> None:
    async with await open_store(f"sqlite:///{here.folder}/reconciler.db") as store:
        await store.acquire("line", "somebody else", time.time(), 60.0)
        with pytest.raises(reconciler.RoomBusy):
            await reconciler.sync_async(wait=False)
    assert here.writes() == []


@pytest.mark.parametrize("reason", ["", "   ", "a\nb"])
def test_a_force_without_a_reason_carries_nothing_out(here: World, reason: str) -> None:
    here.converge(LINE)
    here.forget()
    with pytest.raises(reconciler.SettingError, match="force"):
        reconciler.sync(here.folder / "desired", force=reason)
    assert here.writes() == []

"""A create that goes wrong on the way: the phone rings once, whatever happens."""

import itertools
import signal

import pytest

from tests.cli.conftest import LINE, World
from tests.cli.forked_process import ForkedProcess
from tests.cli.test_unchanged import execute
from tests.waiting import until

ALONE = """\
version: 1
conference: line
from: "+15550100001"
participants:
  ann: {to: "+15551230001"}
"""
MEMBERS = ["ann", "bob", "cara", "dan", "sup"]
CREATE = {"method": "POST", "path": "*/Participants.json"}
LONG_AGO = "UPDATE attempts SET created_at = created_at - 40, send_by = send_by - 40"
"""As long ago as a lost create is looked for; tests/cli/test_mishaps.py waits for it."""

SWITCHES = [
    pytest.param(shows, held, id=f"shown={shows}-held={held}")
    for shows, held in itertools.product((True, False), repeat=2)
]


@pytest.mark.parametrize(("shows", "held"), SWITCHES)
@pytest.mark.parametrize("kind", ["500", "reset", "garbage"])
def test_a_create_that_worked_and_was_not_answered_rings_once(
    world: World, kind: str, shows: bool, held: bool
) -> None:
    world.write(ALONE)
    world.tell("switches", list_shows_ringing=shows, label_held_while_ringing=held)
    world.tell("people", address="+15551230001", answers_after="3s")
    world.tell("faults", kind=kind, times=1, after=True, **CREATE)

    done = world.run("sync")

    assert done.code == 0, done.out
    assert world.rings() == ["ann"]
    assert set(world.people()) == {"ann"}


@pytest.mark.long
def test_a_create_that_hangs_rings_once(world: World) -> None:
    world.write(ALONE)
    world.tell("faults", kind="hang", times=1, after=True, **CREATE)

    done = world.run("sync")

    assert done.code == 0, done.out
    assert world.rings() == ["ann"]


@pytest.mark.parametrize("times", [1, 2])
def test_a_create_that_twilio_asked_to_wait_for_rings_once(
    world: World, times: int
) -> None:
    world.write(ALONE)
    world.tell("faults", kind="429", times=times, **CREATE)

    done = world.run("sync")

    assert done.code == 0, done.out
    assert world.rings() == ["ann"]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.process
def test_a_process_killed_during_a_create_rings_once_in_all(
    world: World, after: bool, database: str
) -> None:
    world.write(LINE)
    world.environ["RECONCILER_DATABASE_URL"] = database
    assert world.run("db", "upgrade").code == 0
    world.tell("faults", kind="hang", times=1, after=after, skip=1, **CREATE)
    process = world.start("sync")
    until(lambda: len(world.creates()) == len(MEMBERS))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    if not after:
        execute(database, LONG_AGO, rows=len(MEMBERS))

    done = world.process("sync", "--timeout", "2m")

    assert sorted(world.creates()) == MEMBERS
    if after:
        assert done.code == 0, done.out
        assert sorted(world.rings()) == MEMBERS
    else:
        assert done.code == 4
        (lost,) = set(MEMBERS) - set(world.rings())
        assert len(world.rings()) == len(MEMBERS) - 1
        assert f"reconciler resolve line {lost}" in done.out


@pytest.mark.process
def test_two_syncs_at_once_ring_each_phone_once(world: World, database: str) -> None:
    world.write(LINE)
    world.environ["RECONCILER_DATABASE_URL"] = database
    assert world.run("db", "upgrade").code == 0

    processes = [world.start("sync") for _ in range(3)]
    codes = sorted(_ended(process) for process in processes)

    assert codes == [0, 0, 0]
    assert sorted(world.rings()) == MEMBERS


def test_a_coach_whose_target_drops_is_silenced_before_anything_else(
    world: World,
) -> None:
    world.converge()
    world.tell("hang-up", who="ann")
    world.forget()

    assert world.run("sync").code == 0

    first = world.writes()[0]
    assert first["form"] == {"Muted": ["true"]}
    assert world.people()["sup"]["muted"] is True


def _ended(process: ForkedProcess) -> int:
    process.communicate()
    return process.wait()

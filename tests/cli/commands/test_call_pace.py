"""Four daemons on one PostgreSQL place the calls of one account, and one of them dies."""

import pytest

from tests.cli.commands.test_scale import SELDOM, declare, even, filled, use
from tests.cli.conftest import World
from tests.cli.daemon_process import daemon
from tests.postgres_server import Server
from tests.waiting import until

pytestmark = pytest.mark.process

PER_SECOND = 4
LATE = 3
"""Calls that a busy machine may delay, so that they arrive with later ones."""
PEOPLE = 12


def most(times: list[float], seconds: float) -> int:
    """The most creates that arrived within so many seconds."""
    return max(sum(start <= x < start + seconds for x in times) for start in times)


@pytest.mark.long
def test_four_daemons_never_exceed_the_calls_per_second_of_the_account(
    world: World, server: Server
) -> None:
    declare(world, PEOPLE)
    world.environ["RECONCILER_CALLS_PER_SECOND"] = str(PER_SECOND)
    use(world, server)
    total = 4 * (PEOPLE + 3)
    words = ("--scale", "--resync", "5s")
    with (
        daemon(world, *words) as one,
        daemon(world, *words) as two,
        daemon(world, *words) as three,
        daemon(world, *words) as four,
    ):
        until(even(world, 4), every=SELDOM)
        until(lambda: len(world.rings()) >= total // 2, every=SELDOM)
        four.process.kill()
        until(filled(world, PEOPLE + 3), every=2.0)
        assert [each.end() for each in (one, two, three)] == [0, 0, 0]
    creates = [x for x in world.writes() if x["path"].endswith("/Participants.json")]
    times = sorted(each["at"] for each in creates)
    assert most(times, 5.0) <= 5 * PER_SECOND + LATE
    assert most(times, 1.0) <= PER_SECOND + LATE
    assert len(world.rings()) == total

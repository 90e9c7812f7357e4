"""What the doctor says of commits that a PostgreSQL server may lose."""

import pytest
from msgspec.structs import replace

from reconciler.cli.check_finding import Level
from reconciler.cli.commit_check import commit_findings, judge
from reconciler.store.database.commit_settings import CommitSettings
from reconciler.store.database.url import parse_database_url
from tests.cli.conftest import World
from tests.database_pool import DatabasePool
from tests.postgres_server import Server

SAFE = CommitSettings("on", "on", "on", "", standby=False, standbys=0)


def test_a_server_that_loses_nothing_passes() -> None:
    (finding,) = judge(SAFE)
    assert finding.level is Level.OK
    (finding,) = judge(replace(SAFE, standbys=1, synchronous_standby_names="ANY 1 (a)"))
    assert finding.level is Level.OK
    assert "ANY 1 (a)" in finding.text


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (replace(SAFE, fsync="off"), "fsync off"),
        (replace(SAFE, full_page_writes="off"), "full_page_writes off"),
        (
            replace(SAFE, standbys=2),
            "standbys connected: 2, synchronous_standby_names is empty",
        ),
        (replace(SAFE, synchronous_commit="off"), "synchronous_commit is off"),
    ],
)
def test_what_a_server_may_lose_is_a_warning(
    settings: CommitSettings, named: str
) -> None:
    (finding,) = judge(settings)
    assert finding.level is Level.WARN
    assert named in finding.text


def test_a_standby_cannot_be_written() -> None:
    (finding,) = judge(replace(SAFE, standby=True))
    assert (finding.level, finding.code) == (Level.FAIL, 69)
    assert "connect to the primary" in finding.text


async def test_a_real_server_is_asked(server: Server, pool: DatabasePool) -> None:
    with pool.database() as name:
        (finding,) = await commit_findings(parse_database_url(server.url(name)))
    assert finding.level is Level.WARN
    assert finding.text.startswith("fsync off: a power loss may undo commits")


def test_the_doctor_says_so(world: World, server: Server, pool: DatabasePool) -> None:
    with pool.database() as name:
        done = world.run("doctor", RECONCILER_DATABASE_URL=server.url(name))
    assert "warn database commits: fsync off" in done.out

"""What a daemon that shares rooms asks of its databases before it starts."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from reconciler.bootstrap.scale_out import ScaleOut, install_engine, node_report
from reconciler.model.errors import SettingError
from reconciler.scale.shard_engine import Membership
from reconciler.scale.shard_holder import BEAT_SECONDS, ShardHolder
from reconciler.settings import Settings, read_settings
from tests.engine.world import run
from tests.postgres_server import Server, postgres


def of(url: str, scale: str | None = None) -> Settings:
    environ = {"RECONCILER_DATABASE_URL": url}
    if scale:
        environ["RECONCILER_SCALE_DATABASE_URL"] = scale
    return read_settings(environ, lambda path: Path(path).read_text("utf-8"))


class Lone:
    """A shard engine with one daemon, which has the only shard."""

    def __init__(self) -> None:
        self.beats = 0
        self.left = False

    async def join(self, _about: Any) -> int:
        return 1

    async def beat(self, _worker: int) -> None:
        self.beats += 1

    async def membership(self, _worker: int) -> Membership:
        return Membership(True, (1,), {0: 1}, 1)

    async def free_dead(self) -> None:
        """Nobody died."""

    async def leave(self, _worker: int, _held: Any) -> None:
        self.left = True


def test_a_daemon_gives_heartbeats_from_its_beginning_to_its_end() -> None:
    """Also while its files are loaded: the others would deal out its shards."""

    async def story() -> None:
        engine: Any = Lone()
        clock = asyncio.get_running_loop().time
        holder = ShardHolder(engine, 1, {}, clock, lambda: None)
        unused: Any = None
        scale_out = ScaleOut(engine, holder, unused, unused, lambda: 0.0)
        await scale_out.begin()
        await asyncio.sleep(4 * BEAT_SECONDS)
        assert engine.beats >= 3
        assert holder.owns("line")
        await scale_out.end()
        beats = engine.beats
        await asyncio.sleep(4 * BEAT_SECONDS)
        assert engine.left
        assert engine.beats == beats
        assert not holder.owns("line")

    run(story)


async def test_shards_in_another_database_than_the_rooms_are_refused(
    server: Server, template: str
) -> None:
    rooms = server.url(server.create(template))
    other = server.url(server.create(template))
    with pytest.raises(SettingError, match="is not that of RECONCILER_DATABASE_URL"):
        await install_engine(of(rooms, other))
    await install_engine(of(other))
    with pytest.raises(SettingError, match="is not that of RECONCILER_DATABASE_URL"):
        await node_report(of(rooms, other))


@pytest.mark.process
async def test_a_database_of_the_same_name_on_another_server_is_another(
    server: Server, template: str
) -> None:
    name = server.create(template)
    rooms = server.url(name)
    with postgres() as elsewhere:
        there = Server(elsewhere.get_uri())
        there._execute(f'CREATE DATABASE "{name}"')
        with pytest.raises(SettingError, match=name):
            await install_engine(of(rooms, there.url(name)))


async def test_a_direct_address_of_the_same_database_is_taken(
    server: Server, template: str
) -> None:
    url = server.url(server.create(template))
    assert "procrastinate" in await install_engine(of(url, url + "&application_name=x"))
    assert (await node_report(of(url, url))).nodes == ()

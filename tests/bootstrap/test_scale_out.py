"""What a daemon that shares rooms asks of its databases before it starts."""

from pathlib import Path

import pytest

from reconciler.bootstrap.scale_out import install_engine, node_report
from reconciler.model.errors import SettingError
from reconciler.settings import Settings, read_settings
from tests.postgres_server import Server, postgres


def of(url: str, scale: str | None = None) -> Settings:
    environ = {"RECONCILER_DATABASE_URL": url}
    if scale:
        environ["RECONCILER_SCALE_DATABASE_URL"] = scale
    return read_settings(environ, lambda path: Path(path).read_text("utf-8"))


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

"""The world of the commands' tests, entered by the Python API."""

import os

import pytest

from tests.cli.conftest import World, exchange, folder, snapshots, world

__all__ = ["exchange", "folder", "here", "snapshots", "world"]


@pytest.fixture
def here(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The world as this process's environment, in its folder."""
    for name in os.environ:
        if name.startswith(("TWILIO_", "RECONCILER_")):
            monkeypatch.delenv(name)
    for name, value in world.env().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(world.folder)
    world.begin()
    return world

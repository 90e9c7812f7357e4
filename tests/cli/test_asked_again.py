"""A person who asks again is not made to wait for what was refused before."""

import httpx

from tests.cli.conftest import World

MUTED = """\
version: 1
conference: line
from: "+15550100001"
participants:
  ann: {to: "+15551230001", muted: %s}
  bob: {to: "client:bob"}
"""


def test_a_sync_and_a_plan_try_at_once_what_was_refused_before(world: World) -> None:
    world.write(MUTED % "false")
    assert world.run("sync").code == 0
    world.write(MUTED % "true")
    world.tell("faults", kind="400", method="POST", who="ann", code=21205, times=True)
    refused = world.run("sync", "--timeout", "30s")
    assert refused.code == 1
    assert "a URL is not valid" in refused.out
    assert len(world.writes()) <= 2 + 4

    planned = world.run("plan", "--exit-code")
    assert planned.code == 2
    assert "mute" in planned.out

    assert httpx.delete(f"{world.url}/simulator/faults").status_code == 200
    done = world.run("sync", "--timeout", "10s")
    assert done.code == 0, done.out
    assert world.people()["ann"]["muted"]

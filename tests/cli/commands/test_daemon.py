"""``reconciler daemon`` as a process: it converges, hears, survives and stops."""

import os
import signal
import socket
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import LINE, World
from tests.cli.daemon_process import converged, daemon
from tests.plain_http import CLIENT
from tests.ports import free_port
from tests.postgres_server import Server, postgres
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.process


def test_drift_is_repaired_within_a_resync_and_everybody_stays_at_the_end(
    world: World,
) -> None:
    world.write(LINE)
    with daemon(world, "--resync", "2s") as process:
        until(converged(world))
        until(lambda: process.probe("readyz") == 200)
        assert process.probe("livez") == 200
        world.tell("change", who="bob", muted=False)

        until(converged(world))

        began = time.monotonic()
        assert process.end() == 0
        assert time.monotonic() - began < 60
    assert len(world.people()) == 5
    assert sorted(world.rings()) == ["ann", "bob", "cara", "dan", "sup"]


def test_webhooks_bring_the_repair_at_once(world: World) -> None:
    world.write(LINE)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    words = ("--public-url", url, "--listen", f"127.0.0.1:{port}", "--resync", "1h")
    with daemon(world, *words) as process:
        until(converged(world))
        until(lambda: process.probe("readyz") == 200)
        time.sleep(1)
        world.tell("change", who="bob", muted=False)

        until(converged(world))

        forged = CLIENT.post(f"{url}/hooks/conference", data={"FriendlyName": "line"})
        assert forged.status_code == 403
        metrics = CLIENT.get(f"http://{process.admin}/metrics").text
        assert 'result="forged"' in metrics
        assert "+1555" not in metrics
        assert process.end() == 0


def test_a_broken_file_is_reported_and_a_mended_one_applied(world: World) -> None:
    path = world.write(LINE)
    with daemon(world, "--resync", "1h") as process:
        until(converged(world))
        world.forget()
        replace(path, LINE.replace("muted: true", "mutde: true"))
        until(lambda: "not valid" in process.log.read_text())
        time.sleep(1)
        assert world.writes() == []

        replace(path, LINE.replace("bob: {", "bob: {hold: true, "))

        until(lambda: world.people()["bob"]["hold"])
        assert process.probe("livez") == 200


def replace(path: Path, text: str) -> None:
    """Save as editors do: a new file takes the old one's place."""
    beside = path.with_suffix(".tmp")
    beside.write_text(text, "utf-8")
    beside.rename(path)


def test_a_person_is_heard_at_once_by_a_running_daemon(world: World) -> None:
    world.write(LINE)
    with daemon(world, "--resync", "1h"):
        until(converged(world))
        world.tell("hang-up", who="dan")
        time.sleep(1)

        assert world.process("redial", "line", "dan").code == 0

        until(lambda: world.rings().count("dan") == 2)


def lost(world: World) -> set[str]:
    """Whose ring was noted and never left, and who are held until a person says."""
    (room,) = world.run("status", "--output", "json").data["rooms"]
    return {
        each["label"]
        for each in room["members"]
        if "reconciler resolve" in (each["reason"] or "")
    }


@pytest.mark.parametrize("pause", [0.05, 0.4, 1.5])
def test_a_daemon_killed_at_any_moment_goes_on_without_a_second_ring(
    world: World, pause: float
) -> None:
    world.write(LINE)
    for number in (1, 4, 9):
        world.tell("people", address=f"+1555123000{number}", answers_after="1s")
    with daemon(world, "--resync", "2s") as first:
        until(world.creates)
        time.sleep(pause)
        first.end(signal.SIGKILL)

    def all_rung() -> bool:
        everybody = {"ann", "bob", "cara", "dan", "sup"}
        return sorted(world.rings()) == sorted(everybody - lost(world))

    with daemon(world, "--resync", "2s") as second:
        until(lambda: converged(world)() or lost(world), every=1)
        until(all_rung, every=1)
        until(lambda: second.probe("readyz") == 200)
        assert second.end() == 0
    assert all_rung()


def test_a_sync_beside_a_daemon_never_acts_on_its_room(world: World) -> None:
    world.write(LINE)
    with daemon(world, "--resync", "2s"):
        assert world.process("sync").code == 0
        until(converged(world))
    assert sorted(world.rings()) == ["ann", "bob", "cara", "dan", "sup"]


def test_the_database_gone_and_back_is_lived_through(world: World) -> None:
    world.write(LINE)
    with postgres() as server:
        database = Server(server.get_uri())
        url = database.url(database.create())
        world.environ["RECONCILER_DATABASE_URL"] = url
        assert world.run("db", "upgrade").code == 0
        with daemon(world, "--resync", "2s") as process:
            until(converged(world))
            until(lambda: process.probe("readyz") == 200)
            server.stop()
            until(lambda: process.probe("readyz") == 503)
            world.tell("change", who="bob", muted=False)
            assert process.probe("livez") == 200
            time.sleep(3)
            assert process.probe("livez") == 200

            server.start()

            until(lambda: process.probe("readyz") == 200)
            until(converged(world))
            assert process.end() == 0


def test_a_port_in_use_is_said(world: World) -> None:
    world.write(LINE)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = world.process("daemon", "--admin-listen", f"127.0.0.1:{port}")

    assert done.code == 78
    assert "--admin-listen" in done.err
    assert "Traceback" not in done.err
    assert world.rings() == []


def test_a_second_signal_ends_it_at_once(world: World) -> None:
    world.write(LINE)
    world.tell("faults", kind="hang", method="POST", path="*", times=1000)
    with daemon(world, "--resync", "2s") as process:
        until(lambda: len(world.creates()) > 0)
        process.process.send_signal(signal.SIGTERM)
        until(lambda: "stopping: waiting" in process.log.read_text())
        process.process.send_signal(signal.SIGTERM)

        assert process.process.wait(PATIENCE) in {1, -signal.SIGTERM}
    assert os.path.exists(world.folder / "reconciler.db")  # noqa: PTH110 - a file


def test_a_start_computes_boundaries_anew_and_tells_the_zone_data(
    world: World,
) -> None:
    at = datetime.fromtimestamp(time.time() // 60 * 60 + 7200, UTC)
    end = at + timedelta(hours=1)
    window = f"{at:%Y-%m-%dT%H:%MZ}/{end:%Y-%m-%dT%H:%MZ}"
    schedule = f"schedule: [{{when: {window}, state: ended}}]\n"
    world.write("version: 1\nconference: line\nparticipants: {}\n" + schedule)
    assert world.run("sync").code == 0
    with closing(sqlite3.connect(world.folder / "reconciler.db")) as database:
        database.execute("UPDATE rosters SET effective_until = effective_until + 3600")
        database.commit()

        with daemon(world) as process:
            until(lambda: process.probe("readyz") == 200)
            assert "time zone data " in process.log.read_text()

        chosen = database.execute("SELECT effective_until FROM rosters")
        assert chosen.fetchall() == [(at.timestamp(),)]

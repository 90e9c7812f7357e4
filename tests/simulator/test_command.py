"""``reconciler simulate`` as a process of its own."""

import asyncio
import os
import re
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from reconciler.cli.commands.simulate import simulate

_PROGRAM = "from reconciler.cli.commands.simulate import simulate; simulate()"
_LINE = re.compile(
    r"RECONCILER_TWILIO_URL=(http://127\.0\.0\.1:\d+)"
    r" TWILIO_ACCOUNT_SID=(AC[0-9a-f]{32}) TWILIO_AUTH_TOKEN=([0-9a-f]{32})"
)


@asynccontextmanager
async def _started(
    *options: str, **environment: str
) -> AsyncIterator[tuple[Process, str]]:
    """A running simulator with its first line."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("TWILIO_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _PROGRAM, "--port", "0", *options,
        stdout=PIPE, stderr=PIPE, env=kept | environment,
    )  # fmt: skip
    assert process.stdout
    try:
        line = await asyncio.wait_for(process.stdout.readline(), 120)
        yield process, line.decode().strip()
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def _client(url: str, sid: str, token: str) -> httpx.AsyncClient:
    base = f"{url}/2010-04-01/Accounts/{sid}"
    return httpx.AsyncClient(base_url=base, auth=(sid, token))


@pytest.mark.parametrize("given", ["+15550100001", "x=http://a", "+15550100001=a"])
def test_a_voice_url_that_is_none_is_a_usage_error(given: str) -> None:
    ended = CliRunner().invoke(simulate, ["--voice-url", given])
    assert ended.exit_code == 2
    assert "--voice-url" in ended.output


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.process
async def test_it_serves_until_told_to_stop_though_connections_are_open(
    number: signal.Signals,
) -> None:
    async with _started() as (process, line):
        match = _LINE.fullmatch(line)
        assert match
        async with _client(*match.groups()) as http:
            assert (await http.get("/Conferences.json")).status_code == 200
            process.send_signal(number)
            assert await asyncio.wait_for(process.wait(), 60) == 0
        assert process.stderr
        assert await process.stderr.read() == b""


@pytest.mark.process
async def test_it_stops_though_a_request_hangs() -> None:
    async with _started() as (process, line):
        match = _LINE.fullmatch(line)
        assert match
        async with _client(*match.groups()) as http:
            await http.post(f"{match[1]}/simulator/faults", json={"kind": "hang"})
            hanging = asyncio.create_task(http.get("/Conferences.json"))
            await http.get(f"{match[1]}/simulator/state")
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 60) == 0
            with pytest.raises(httpx.TransportError):
                await hanging


@pytest.mark.process
async def test_the_environments_credentials_are_accepted_and_never_printed() -> None:
    sid, token = "AC" + "1" * 32, "tell-nobody"
    secrets = {"TWILIO_ACCOUNT_SID": sid, "TWILIO_AUTH_TOKEN": token}
    async with _started(**secrets) as (process, line):
        assert token not in line
        assert line.split() == [line]
        assert process.stderr
        told = (await asyncio.wait_for(process.stderr.readline(), 60)).decode()
        assert "environment's credentials are accepted" in told
        url = line.split()[0].partition("=")[2]
        async with _client(url, sid, token) as http:
            assert (await http.get("/Conferences.json")).status_code == 200


@pytest.mark.process
async def test_a_file_with_the_token_and_an_api_key_are_accepted(
    tmp_path: Path,
) -> None:
    sid, file = "AC" + "1" * 32, tmp_path / "secret"
    file.write_text("tell-nobody\n")
    given = {
        "TWILIO_ACCOUNT_SID": sid,
        "TWILIO_API_KEY": "SK" + "2" * 32,
        "TWILIO_API_SECRET_FILE": str(file),
    }
    async with _started(**given) as (_, line):
        assert "tell-nobody" not in line
        assert all("=" in word for word in line.split()), (
            "fit to stand before a command"
        )
        url = line.split()[0].partition("=")[2]
        async with _client(url, sid, "") as http:
            http.auth = httpx.BasicAuth(given["TWILIO_API_KEY"], "tell-nobody")
            assert (await http.get("/Conferences.json")).status_code == 200


@pytest.mark.process
async def test_people_and_switches_are_read(tmp_path: Path) -> None:
    file = tmp_path / "people.yaml"
    file.write_text(
        "people: {'client:bob': {busy: true}}\ncalls_per_second: 3\n"
        "faults: [{kind: '401', who: 'client:bob'}]"
    )
    options = ("--people", str(file), "--switch", "list_lag=4s", "--seed", "7")
    async with _started(*options) as (_, line):
        url = line.split()[0].partition("=")[2]
        async with httpx.AsyncClient(base_url=url) as http:
            state = (await http.get("/simulator/state")).json()
    assert state["people"]["client:bob"]["busy"] > 0
    assert state["switches"]["list_lag"] == 4
    assert [each["who"] for each in state["faults"]] == ["client:bob"]
    assert state["calls_per_second"] == 3
    assert "--seed" not in line


def test_a_port_in_use_is_one_line_and_exit_69() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = CliRunner().invoke(simulate, ["--port", port])
    assert result.exit_code == 69
    assert result.stdout == ""
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_wrong_people_file_is_exit_78(tmp_path: Path) -> None:
    file = tmp_path / "people.yaml"
    file.write_text("people: {ann: {answers: 1}}")
    result = CliRunner().invoke(simulate, ["--people", str(file)])
    assert result.exit_code == 78
    assert f"{file}: people: ann: a person: unknown answers" in result.stderr


@pytest.mark.parametrize("switch", ["list_lagg=1", "list_lag=x", "list_lag"])
def test_a_wrong_switch_is_a_usage_error(switch: str) -> None:
    result = CliRunner().invoke(simulate, ["--switch", switch])
    assert result.exit_code == 2
    assert "list_lag" in result.stderr


def test_switches_are_listed_on_request() -> None:
    result = CliRunner().invoke(simulate, ["--switch", "help"])
    assert result.exit_code == 0
    assert "coach_when_target_leaves=audible  (audible | silent)" in result.stdout


@pytest.mark.process
async def test_listening_beyond_loopback_is_warned_of() -> None:
    async with _started("--host", "0.0.0.0") as (process, line):
        assert line.startswith("RECONCILER_TWILIO_URL=")
        assert process.stderr
        warning = (await asyncio.wait_for(process.stderr.readline(), 60)).decode()
    assert warning.startswith("warning: listening on 0.0.0.0: everybody")

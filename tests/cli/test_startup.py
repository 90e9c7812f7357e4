"""What a process imports before it does anything: each library is somebody's wait."""

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from tests.cli.conftest import World

pytestmark = pytest.mark.process

HEAVY = {
    *("alembic", "apscheduler", "dateutil", "httpx", "prometheus_client", "psycopg"),
    *("pygments", "rich", "sqlalchemy", "starlette", "uvicorn", "watchfiles", "yaml"),
}

RUN = """\
import json, sys
sys.argv[0] = "reconciler"

def tell():
    names = {name.partition(".")[0] for name, each in sys.modules.items() if each}
    print(json.dumps([sorted(names), list(sys.modules)]), file=sys.stderr)

from reconciler.cli.main import exit_code
code = exit_code()
tell()
sys.exit(code)
"""


@dataclass(frozen=True, slots=True)
class Run:
    """A command that ended, and the packages and modules it had imported by then."""

    code: int
    out: str
    packages: set[str]
    modules: list[str]

    @property
    def ours(self) -> list[str]:
        return [each for each in self.modules if each.startswith("reconciler")]


def run(*words: str, env: dict[str, str] | None = None, cwd: Any = None) -> Run:
    done = subprocess.run(
        [sys.executable, "-c", RUN, *words],
        capture_output=True,
        text=True,
        check=False,
        env=env,
        cwd=cwd,
    )
    packages, modules = json.loads(done.stderr.splitlines()[-1])
    return Run(done.returncode, done.stdout, set(packages), modules)


def completing(line: str) -> dict[str, str]:
    """The environment of a shell that completes the last word of *line*."""
    return {
        "_RECONCILER_COMPLETE": "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split(" ")) - 1),
    }


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["-h"], ["nonsense"]])
def test_what_needs_no_command_imports_none_and_no_library(words: list[str]) -> None:
    found = run(*words)

    assert found.packages.isdisjoint(HEAVY)
    assert "asyncio" not in found.packages
    assert not [each for each in found.ours if ".cli.sync" in each]


def test_a_shell_completes_commands_without_any_library() -> None:
    found = run(env=completing("reconciler s"))

    assert found.code == 0
    words = ["schema", "sync", "status", "schedule", "simulate", "set", "start"]
    assert sorted(found.out.split()) == sorted(f"plain,{each}" for each in words)
    assert found.packages.isdisjoint(HEAVY)


def test_a_shell_completes_the_options_that_all_commands_take() -> None:
    assert "plain,--database-url" in run(env=completing("reconciler --d")).out


def test_a_shell_gets_its_script_and_a_good_end() -> None:
    found = run(env={"_RECONCILER_COMPLETE": "bash_source"})

    assert found.code == 0
    assert "complete" in found.out


@pytest.mark.parametrize("command", ["sync", "plan", "status"])
def test_a_command_that_asks_twilio_imports_nothing_that_only_others_need(
    world: World, command: str
) -> None:
    world.write("version: 1\nconference: line\nparticipants: {}\n")
    assert world.run("sync").code == 0

    found = run(command, env=world.env(), cwd=world.folder)

    assert found.code == 0
    unneeded = HEAVY - {"httpx", "sqlalchemy", "yaml"}
    assert found.packages.isdisjoint(unneeded)
    others = ("reconciler.simulator", "reconciler.play")
    assert not [each for each in found.ours if each.startswith(others)]
    assert "sqlalchemy.dialects.postgresql" not in found.modules


def test_a_sync_imports_nothing_that_only_a_preview_or_json_needs(world: World) -> None:
    world.write("version: 1\nconference: line\nparticipants: {}\n")
    assert world.run("sync").code == 0

    found = run("sync", env=world.env(), cwd=world.folder)

    assert found.code == 0
    assert "reconciler.engine.loop.follow" in found.modules
    assert {
        "reconciler.bootstrap.preview",
        "reconciler.bootstrap.result_data",
        "reconciler.operations.audibility_text",
    }.isdisjoint(found.modules)


def test_httpx_works_without_its_command_line() -> None:
    look = (
        "from reconciler.cli.main import _leave_out\n_leave_out()\n"
        "import sys, httpx\n"
        "transport = httpx.MockTransport(lambda request: httpx.Response(204))\n"
        "with httpx.Client(transport=transport) as client:\n"
        "    print(client.get('http://twilio.example').status_code)\n"
        "print('rich' in sys.modules)\n"
    )

    out = subprocess.check_output([sys.executable, "-c", look], text=True)

    assert out.split() == ["204", "False"]

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from reconciler.cli.commands.db import db
from reconciler.model.errors import SettingError, StoreError
from reconciler.store.migration import HEAD
from tests.postgres_server import Server


@dataclass(frozen=True)
class Options:
    database_url: str | None = None
    output: str = "text"


def run(
    verb: str, options: Options | None = None, env: dict[str, str] | None = None
) -> str:
    done = CliRunner().invoke(db, [verb], obj=options, env=env or {})
    if done.exception is not None:
        raise done.exception
    return done.output


def test_upgrade_makes_the_tables_and_current_tells_of_them(server: Server) -> None:
    options = Options(server.url(server.create()))
    assert "version none, no tables yet" in run("current", options)
    assert "Created the tables of " in run("upgrade", options)
    assert f"is up to date (version {HEAD})" in run("upgrade", options)
    assert f"version {HEAD}, up to date" in run("current", options)


def test_both_tell_programs_what_they_tell_people(tmp_path: Path) -> None:
    path = str(tmp_path / "new.db")
    options = Options(f"sqlite:///{path}", "json")
    common = {"format_version": "1", "database": path}
    assert json.loads(run("current", options)) == {
        **common,
        "version": None,
        "newest": HEAD,
        "age": "none",
    }
    assert not Path(path).exists()
    assert json.loads(run("upgrade", options)) == {
        **common,
        "before": None,
        "version": HEAD,
    }


def test_the_database_is_that_of_the_option_else_of_the_environment_else_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    env = {"RECONCILER_DATABASE_URL": "sqlite:///b.db"}
    assert run("current", Options("sqlite:///a.db"), env).startswith("a.db: ")
    assert run("current", Options(), env).startswith("b.db: ")
    monkeypatch.delenv("RECONCILER_DATABASE_URL", raising=False)
    assert run("current").startswith("reconciler.db: ")


def test_what_goes_wrong_is_left_to_the_command_line_to_tell(tmp_path: Path) -> None:
    with pytest.raises(SettingError):
        run("upgrade", Options("mysql://host/db"))
    with pytest.raises(StoreError):
        run("upgrade", Options(f"sqlite:///{tmp_path}"))

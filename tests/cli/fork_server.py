"""``python -m tests.cli.fork_server PATH NUMBER``: starts ``reconciler`` by forking.

It has imported what commands import; each process that it starts is one of its own,
with the arguments, folder, environment and streams that a test gave to the socket at
PATH, which it has as the open file NUMBER. It ends when nobody holds its standard
input any more; what it started is killed when who asked for it has ended.
"""

import atexit
import gc
import importlib
import json
import os
import pkgutil
import runpy
import select
import shutil
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from reconciler.cli.main import _leave_out

_LATE = (
    "alembic.command",
    "anyio._backends._asyncio",
    "encodings.utf_8_sig",
    "psycopg",
    "psycopg_pool",
    "reconciler.bootstrap.daemon",
    "reconciler.bootstrap.scale_out",
    "reconciler.page.page_app",
    "reconciler.scale.room_marks",
    "reconciler.scale.shard_holder",
    "reconciler.store.store",
    "reconciler.telemetry.logs",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "tzdata",
    "uvicorn.lifespan.off",
    "uvicorn.lifespan.on",
    "uvicorn.protocols.http.httptools_impl",
    "uvloop",
)
"""What commands import only when they run."""


def main(path: str, number: int) -> None:
    """Serve requests until standard input is closed."""
    _import_all()
    with socket.socket(fileno=number) as server:
        while True:
            ready, _, _ = select.select([server, sys.stdin], [], [])
            if sys.stdin in ready:
                break
            connection, _ = server.accept()
            with connection:
                if not os.fork():
                    server.close()
                    _serve(connection)
            _reap(os.WNOHANG)
    shutil.rmtree(Path(path).parent)
    _reap(0)


def _import_all() -> None:
    _leave_out()
    for package in ("reconciler.cli.commands", "reconciler.cli"):
        paths = importlib.import_module(package).__path__
        for each in pkgutil.iter_modules(paths, f"{package}."):
            importlib.import_module(each.name)
    for name in _LATE:
        importlib.import_module(name)
    if threading.active_count() > 1:
        raise RuntimeError("an import started a thread, which no fork takes along")
    gc.collect()
    gc.freeze()


def _reap(options: int) -> None:
    with suppress(ChildProcessError):
        while os.waitpid(-1, options)[0]:
            pass


def _serve(connection: socket.socket) -> NoReturn:
    """Start what *connection* asks for; tell its number, and then how it ended."""
    with open(os.devnull) as nothing:  # noqa: PTH123 - as the streams below
        os.dup2(nothing.fileno(), 0)
    message, files, _, _ = socket.recv_fds(connection, 1 << 20, 3)
    wanted = json.loads(message)
    number = os.fork()
    if not number:
        connection.close()
        _become(wanted, files)
    for each in files:
        os.close(each)
    connection.sendall(f"{number}\n".encode())
    ended = threading.Event()
    threading.Thread(
        target=_kill, args=(number, connection, ended), daemon=True
    ).start()
    _, status = os.waitpid(number, 0)
    ended.set()
    with suppress(OSError):
        connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _kill(number: int, connection: socket.socket, ended: threading.Event) -> None:
    """Kill the process once who asked for it is gone."""
    connection.recv(1)
    if not ended.is_set():
        os.kill(number, signal.SIGKILL)


def _become(wanted: dict[str, Any], files: list[int]) -> NoReturn:
    """Be ``python -m reconciler`` with what was given."""
    for number, each in enumerate(files):
        os.dup2(each, number)
        os.close(each)
    os.chdir(wanted["folder"])
    os.environ.clear()
    os.environ.update(wanted["environ"])
    time.tzset()
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for good
    sys.stdout = _stream(1, "strict")
    sys.stderr = _stream(2, "backslashreplace")
    sys.argv = ["reconciler", *wanted["words"]]
    os._exit(_exit_code())


def _stream(number: int, errors: str) -> Any:
    return open(
        number,
        "w",
        encoding="utf-8",
        errors=errors,
        buffering=1 if number == 2 or os.isatty(number) else -1,
        closefd=False,
    )


def _exit_code() -> int:
    """As Python's own end: an error on the way is printed, and makes it 1 or 120."""
    code = 1
    try:
        runpy.run_module("reconciler", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - as an interpreter does
        sys.excepthook(*sys.exc_info())
    threading._shutdown()  # type: ignore[attr-defined]

    atexit._run_exitfuncs()
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    return code


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

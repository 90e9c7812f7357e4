"""Prism as a process: a mock of Twilio's document, or a proxy that checks by it."""

import json
import os
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
    environment = {**os.environ, "PATH": f"{BUILD}/bin:{os.environ['PATH']}"}
    with (folder / "prism.log").open("wb") as log:
        process = subprocess.Popen(
            [str(PRISM), verb, *given, *options],
            stdout=log,
            stderr=log,
            env=environment,
        )
        try:
            until(lambda: process.poll() is not None or _listens(port))
            assert process.poll() is None, (folder / "prism.log").read_text("utf-8")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as found:
        return found.connect_ex(("127.0.0.1", port)) == 0

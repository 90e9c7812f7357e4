"""Processes that this one started, and those that they started."""

from contextlib import suppress

import psutil

EXIT_WAIT_SECONDS = 10.0


def end_processes() -> None:
    """End all of them, by force those that do not end when they are told to."""
    found = psutil.Process().children(recursive=True)
    for each in found:
        with suppress(psutil.NoSuchProcess):
            each.terminate()
    _, running = psutil.wait_procs(found, EXIT_WAIT_SECONDS)
    for each in running:
        with suppress(psutil.NoSuchProcess):
            each.kill()
    psutil.wait_procs(running, EXIT_WAIT_SECONDS)

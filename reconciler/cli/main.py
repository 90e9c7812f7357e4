"""CLI entry point: exceptions become messages and exit codes.

What it needs to answer a shell that completes a word is imported by it, and no more.
"""

import atexit
import gc
import os
import sys
import threading
from typing import Any, NoReturn

_GC_THRESHOLDS = (50_000, 20, 50)
"""How much may be made before the collector looks: what a command makes of each room
stays until it is printed, and to search it took a sixth of a plan of 1,000 rooms."""


def main() -> NoReturn:
    """Run the command line and end the process."""
    gc.set_threshold(*_GC_THRESHOLDS)
    _end(exit_code())


def exit_code() -> int:
    """Run the command line; what the process is to end with."""
    _leave_out()
    try:
        return _run()
    except KeyboardInterrupt:
        return _interrupted()


def _end(code: int) -> NoReturn:
    """End as ``sys.exit`` does, but for taking all objects apart.

    That took a fifteenth of a short command. A thread that runs on is waited for, and
    who traces this process is to see its end: then Python ends it.
    """
    alone = threading.active_count() == 1
    if alone and not _is_watched():
        atexit._run_exitfuncs()  # noqa: SLF001 - what Python itself calls then
        if _flushed():
            os._exit(code)
    sys.exit(code)


def _is_watched() -> bool:
    """Whether somebody traces or profiles this process."""
    monitoring = getattr(sys, "monitoring", None)
    tools = () if monitoring is None else map(monitoring.get_tool, range(6))
    return any((sys.getprofile(), sys.gettrace(), *tools))


def _flushed() -> bool:
    """Whether all output was written; what is not is Python's to complain of."""
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except (OSError, ValueError):
        return False
    return True


def _interrupted() -> int:
    try:
        from reconciler.cli.exit import interrupted  # noqa: PLC0415 - only on failure

        return interrupted()
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        return 130


def _leave_out() -> None:
    """Keep httpx from importing its own command line, and rich with it.

    Python refuses to import what is None in ``sys.modules``, and httpx goes
    without its command line where that cannot be imported.
    """
    modules: dict[str, Any] = sys.modules
    modules.setdefault("httpx._main", None)


def _run() -> int:
    code: Any
    try:
        if _completed():
            return 0
        from reconciler.cli.root_command import cli  # noqa: PLC0415 - not to complete

        code = cli(standalone_mode=False)
    except SystemExit as end:
        code = _ended(end)
    except Exception as error:  # noqa: BLE001 - the one place that ends the program
        from reconciler.cli.exit import fail  # noqa: PLC0415 - only on failure

        code = fail(error)
    return code if isinstance(code, int) else 0


def _completed() -> bool:
    """Whether a shell asked to complete a word, and was answered without Click."""
    instruction = os.environ.get("_RECONCILER_COMPLETE")
    if not instruction:
        return False
    from reconciler.cli.completion import complete  # noqa: PLC0415 - for a shell alone

    return complete(instruction, os.environ)


def _ended(end: SystemExit) -> int:
    """Click's own ends: 0 of a shell completion, else a reader that went away."""
    if not end.code:
        return 0
    from reconciler.cli.exit import cut_off  # noqa: PLC0415 - only on failure

    return cut_off()

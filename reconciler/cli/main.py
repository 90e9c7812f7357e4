"""CLI entry point: exceptions become messages and exit codes.

What it needs to answer a shell that completes a word is imported by it, and no more.
"""

import os
import sys
from typing import Any, NoReturn


def main() -> NoReturn:
    """Run the command line and exit."""
    _leave_out()
    try:
        code = _run()
    except KeyboardInterrupt:
        code = _interrupted()
    sys.exit(code)


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

#!/usr/bin/env bash
# Guess: a durable workflow that catches the error of a step, except Busy, takes the same branch each time it is run over: the step's error is stored, as its
#        result would be, and raised again in place of running the step. So does a second call with the workflow's identifier.
# Seen:  DBOS raises a TypeError the second time, if Busy takes more than its message: Busy(to, code) is stored as a pickle, which calls it with the message
#        alone. The branch is missed, and a workflow that went well before a crash, or before it was forked from a later step, fails when it is
#        resumed. The first run, with the error at hand, never shows it. An exception that passes all its arguments to super().__init__ is right.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check dbos==3.4.0
echo "version: dbos==3.4.0"
echo "guess: voicemail in each line, but for the two of the workflow without a branch, which are Busy."
seen=$("$folder/venv/bin/python" -W ignore - "$folder" <<'PY'
import sys
from collections.abc import Callable

from dbos import DBOS, SetWorkflowID

DBOS(
    config={
        "name": "sample",
        "system_database_url": f"sqlite:///{sys.argv[1]}/system.sqlite",
        "run_admin_server": False,
        "log_level": "CRITICAL",
    }
)


class Busy(Exception):
    def __init__(self, to: str, code: int) -> None:
        super().__init__(f"{to} is busy: {code}")


class PlainBusy(Exception):
    def __init__(self, to: str, code: int) -> None:
        super().__init__(to, code)


@DBOS.step()
def dial(error: str) -> None:
    raise {"Busy": Busy, "PlainBusy": PlainBusy}[error]("ann", 17)


@DBOS.step()
def note() -> None:
    """The second step."""


@DBOS.workflow()
def call(error: str) -> str:
    outcome = "answered"
    try:
        dial(error)
    except (Busy, PlainBusy):
        outcome = "voicemail"
    note()
    return outcome


@DBOS.workflow()
def call_without_branch() -> None:
    dial("Busy")


def show(name: str, run: Callable[[], object]) -> None:
    try:
        print(f"{name}:", run())
    except Exception as error:
        print(f"{name}:", type(error).__name__)


DBOS.launch()
for error in ("Busy", "PlainBusy"):
    with SetWorkflowID(error):
        show(f"{error}, first run", lambda: call(error))
    show(f"{error}, forked from the second step", DBOS.fork_workflow(error, 2).get_result)
for name in ("first call", "second call of the same workflow"):
    with SetWorkflowID("without"):
        show(f"no branch, {name}", call_without_branch)
DBOS.destroy()
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
Busy, first run: voicemail
Busy, forked from the second step: TypeError
PlainBusy, first run: voicemail
PlainBusy, forked from the second step: voicemail
no branch, first call: Busy
no branch, second call of the same workflow: TypeError
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

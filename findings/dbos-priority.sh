#!/usr/bin/env bash
# Guess: in a queue where a smaller number is more urgent, work without a priority comes after all that has one, or counts as the least urgent.
# Seen:  it comes before priority 1: work is enqueued as 5, 1, and none, and the one without runs first, so nothing can go before plain work.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check dbos==3.4.0
echo "version: dbos==3.4.0"
echo "guess: 1, 5, none."
seen=$("$folder/venv/bin/python" -W ignore - "$folder" <<'PY'
import sys
import threading

from dbos import DBOS, SetEnqueueOptions

DBOS(
    config={
        "name": "sample",
        "system_database_url": f"sqlite:///{sys.argv[1]}/system.sqlite",
        "run_admin_server": False,
        "log_level": "CRITICAL",
    }
)
order = []
started, enqueued = threading.Event(), threading.Event()


@DBOS.workflow()
def hold() -> None:
    started.set()
    enqueued.wait()


@DBOS.workflow()
def note(priority: str) -> None:
    order.append(priority)


DBOS.launch()
queue = DBOS.register_queue("calls", global_concurrency=1)
handles = [queue.enqueue(hold)]
started.wait()
for priority in (5, 1):
    with SetEnqueueOptions(priority=priority):
        handles.append(queue.enqueue(note, str(priority)))
handles.append(queue.enqueue(note, "none"))
enqueued.set()
for handle in handles:
    handle.get_result()
print(", ".join(order))
DBOS.destroy()
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
none, 1, 5
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

#!/usr/bin/env bash
# Guess: chain(group(calls), report) gives report the list of the results, one for each call, as group(calls) | report does: [0]
#        for one call, [] for none.
# Seen:  for one call report gets 0 in place of [0], and for none it gets no argument, or the result of the task before the group as if it were the
#        list. Two calls work. With | and with chord() it is a list each time. So code that was tried with a few calls fails on a quiet day.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check celery==5.7.0
echo "version: celery==5.7.0"
echo "guess: a list with as many members as there are calls, each time."
seen=$(venv/bin/python -W ignore - <<'PY'
import logging

from celery import Celery, chain, chord, group
from celery.contrib.testing.worker import start_worker

logging.disable()
application = Celery("calls", broker="memory://", backend="cache+memory://")


@application.task
def start() -> str:
    return "started"


@application.task
def dial(number: int) -> int:
    return number


@application.task
def report(results: object) -> str:
    return repr(results)


FORMS = {
    "chain": lambda calls: chain(group(calls), report.s()),
    "chain after a task": lambda calls: chain(start.si(), group(calls), report.s()),
    "|": lambda calls: group(calls) | report.s(),
    "chord": lambda calls: chord(calls, report.s()),
}

with start_worker(application, perform_ping_check=False, pool="solo", concurrency=1, loglevel="CRITICAL"):
    for count in (2, 1, 0):
        for name, form in FORMS.items():
            try:
                result = form([dial.si(number) for number in range(count)]).apply_async().get(timeout=60)
            except TypeError:
                result = "TypeError"
            print(f"{count} calls, {name}: {result}")
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
2 calls, chain: [0, 1]
2 calls, chain after a task: [0, 1]
2 calls, |: [0, 1]
2 calls, chord: [0, 1]
1 calls, chain: 0
1 calls, chain after a task: 0
1 calls, |: [0]
1 calls, chord: [0]
0 calls, chain: TypeError
0 calls, chain after a task: 'started'
0 calls, |: []
0 calls, chord: []
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

#!/usr/bin/env bash
# Guess: in a pipeline of two tasks the second one, given 'x' as its own argument, is called with the result of the first and 'x', in that order, with
#        each task queue, and a result is one argument, of whatever type.
# Seen:  Celery has the result first, dramatiq and huey have it last. huey leaves out a None, makes several arguments of a tuple, and keyword
#        arguments of a dict, so that a task is called with another number of arguments when a look-up finds nothing, and breaks then.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
pins="celery==5.7.0 dramatiq==2.2.1 huey==3.5.4"
python3 -m venv "$folder/venv"
# shellcheck disable=SC2086
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check $pins
echo "version: $pins"
echo "guess: called with the result and 'x', for each."
seen=$("$folder/venv/bin/python" - <<'PY'
import logging

import dramatiq
from celery import Celery
from dramatiq.brokers.stub import StubBroker
from huey import MemoryHuey

logging.disable()
broker = StubBroker()
dramatiq.set_broker(broker)
celery = Celery()
celery.conf.task_always_eager = True
huey = MemoryHuey(immediate=True)
RESULTS = {"an integer": 5, "a list": ["ann", "bob"], "None": None, "a tuple": ("ann", "bob"), "a dict": {"name": "ann"}}
called: list[str] = []


def find(number: int) -> object:
    return list(RESULTS.values())[number]


def use(*arguments: object, **options: object) -> str:
    called.append(", ".join([*map(repr, arguments), *(f"{name}={value!r}" for name, value in options.items())]))
    return "used"


celery_find, celery_use = celery.task(find, name="find"), celery.task(use, name="use")
dramatiq_find, dramatiq_use = dramatiq.actor(find), dramatiq.actor(use)
huey_find, huey_use = huey.task()(find), huey.task()(use)
worker = dramatiq.Worker(broker, worker_timeout=50)
worker.start()


def run_dramatiq(number: int) -> None:
    (dramatiq_find.message(number) | dramatiq_use.message("x")).run()
    while not called:
        broker.join("default")


QUEUES = {
    "Celery": lambda number: (celery_find.s(number) | celery_use.s("x")).apply_async(),
    "dramatiq": run_dramatiq,
    "huey": lambda number: huey.enqueue(huey_find.s(number).then(huey_use, "x")),
}
for name, run in QUEUES.items():
    for number, kind in enumerate(RESULTS):
        called.clear()
        run(number)
        print(f"{name}, {kind}: {called[0]}")
worker.stop()
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
Celery, an integer: 5, 'x'
Celery, a list: ['ann', 'bob'], 'x'
Celery, None: None, 'x'
Celery, a tuple: ('ann', 'bob'), 'x'
Celery, a dict: {'name': 'ann'}, 'x'
dramatiq, an integer: 'x', 5
dramatiq, a list: 'x', ['ann', 'bob']
dramatiq, None: 'x', None
dramatiq, a tuple: 'x', ['ann', 'bob']
dramatiq, a dict: 'x', {'name': 'ann'}
huey, an integer: 'x', 5
huey, a list: 'x', ['ann', 'bob']
huey, None: 'x'
huey, a tuple: 'x', 'ann', 'bob'
huey, a dict: 'x', name='ann'
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

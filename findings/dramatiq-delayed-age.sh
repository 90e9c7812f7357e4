#!/usr/bin/env bash
# Guess: max_age of a dramatiq actor bounds how long a message may wait beyond the time at which it is due: one that is to be sent tomorrow, with a max_age of an
#        hour, is sent tomorrow, and dropped if the workers are more than an hour late. A retry has its own time.
# Seen:  the age is counted from the call of send_with_options, so a message whose delay is longer than its max_age is never run: it waits for its time and is
#        then dropped, with a line in the log. A retry whose pause takes it past that age is dropped as well, however many retries are left.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check dramatiq==2.2.1
cat >ages.py <<'PY'
import logging
import time

import dramatiq
from dramatiq.brokers.stub import StubBroker

logging.disable(logging.CRITICAL)
broker = StubBroker()
dramatiq.set_broker(broker)
ran = []


@dramatiq.actor(max_age=1000, max_retries=0)
def remind(name: str) -> None:
    ran.append(name)


@dramatiq.actor(max_age=60_000, max_retries=0)
def remind_within_a_minute(name: str) -> None:
    ran.append(name)


@dramatiq.actor(max_age=1000, max_retries=3, min_backoff=2000, max_backoff=2000)
def busy() -> None:
    ran.append("fails, retried in two seconds")
    raise OSError


worker = dramatiq.Worker(broker, worker_timeout=100)
worker.start()
remind.send("now")
remind.send_with_options(args=("delay 2 s, max_age 1 s",), delay=2000)
remind_within_a_minute.send_with_options(args=("delay 2 s, max_age 60 s",), delay=2000)
busy.send()
time.sleep(7)
worker.stop()
print("ran:", *sorted(ran), sep="\n  ")
PY
echo "version: dramatiq==2.2.1"
echo "guess: all run, and the failing one several times."
seen=$(venv/bin/python ages.py)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
ran:
  delay 2 s, max_age 60 s
  fails, retried in two seconds
  now
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

#!/usr/bin/env bash
# Guess: StateChart, which python-statemachine recommends since its version 3 in place of StateMachine, raises an error of an action from send(), with
#        the state left as it was, and refuses an event that the state has no transition for, or that no state has.
# Seen:  send() returns None in each of these, and nothing is logged: after the action that failed the state is the next one, as if the line had been
#        dialed, and a misspelled event is none. StateMachine raises all three. catch_errors_as_events and allow_event_without_transition decide.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check python-statemachine==3.2.2
echo "version: python-statemachine==3.2.2"
echo "guess: an error each time, idle."
seen=$("$folder/venv/bin/python" - <<'PY' 2>&1
import logging

from statemachine import State, StateChart, StateMachine

logging.basicConfig(level=logging.WARNING)


def fail(self) -> None:
    raise ConnectionError("no line")


class Chart(StateChart):
    idle = State(initial=True)
    ringing = State()
    ended = State(final=True)
    dial = idle.to(ringing)
    end = ringing.to(ended)
    on_dial = fail


class Strict(Chart):
    catch_errors_as_events = False
    allow_event_without_transition = False


class Machine(StateMachine):
    idle = State(initial=True)
    ringing = State()
    ended = State(final=True)
    dial = idle.to(ringing)
    end = ringing.to(ended)
    on_dial = fail


for kind in (Chart, Strict, Machine):
    for event in ("dial", "end", "dail"):
        machine = kind()
        try:
            result = machine.send(event)
        except Exception as error:
            result = type(error).__name__
        print(f"{kind.__name__}, {event}: {result}, then {machine.current_state_value}")
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
Chart, dial: None, then ringing
Chart, end: None, then idle
Chart, dail: None, then idle
Strict, dial: ConnectionError, then idle
Strict, end: TransitionNotAllowed, then idle
Strict, dail: TransitionNotAllowed, then idle
Machine, dial: ConnectionError, then idle
Machine, end: TransitionNotAllowed, then idle
Machine, dail: TransitionNotAllowed, then idle
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

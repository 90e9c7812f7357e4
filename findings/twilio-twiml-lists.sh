#!/usr/bin/env bash
# Guess: a list of status callback events in TwiML is written with spaces between them, as the REST calls of the same package take a list.
# Seen:  the text of the Python list is written, "['start', 'end']", which names no event; no error is raised.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check twilio==9.13.0
echo "version: twilio==9.13.0"
echo "guess: statusCallbackEvent is \"start end\" for a list as for a text."
seen=$("$folder/venv/bin/python" - <<'PY'
from xml.etree import ElementTree

from twilio.twiml.voice_response import Dial

for events in ("start end", ["start", "end"]):
    dial = Dial()
    dial.conference("support-line", status_callback_event=events)
    conference = ElementTree.fromstring(str(dial).split("?>")[1])[0]
    print(type(events).__name__, conference.attrib)
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
str {'statusCallbackEvent': 'start end'}
list {'statusCallbackEvent': "['start', 'end']"}
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

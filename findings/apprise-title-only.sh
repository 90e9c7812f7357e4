#!/usr/bin/env bash
# Guess: a notification with a title and no body is sent with an empty body, since the JSON payload has fields for both.
# Seen:  it is refused for each service and the result is false; a body of one space is sent, and arrives as an empty one.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check apprise==2.3.0
echo "version: apprise==2.3.0"
echo "guess: both notifications are sent with an empty body."
seen=$("$folder/venv/bin/python" - <<'PY'
import apprise
from apprise.decorators import notify


@notify(on="own")
def own(body: str, title: str, notify_type: str, *_: object, **__: object) -> None:
    print("sent:", repr(title), repr(body))


services = apprise.Apprise("own://")
for body in ("", " "):
    print(repr(body), bool(services.notify(title="Room support-line is blocked", body=body)))
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
'' False
sent: 'Room support-line is blocked' ''
' ' True
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

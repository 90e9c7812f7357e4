#!/usr/bin/env bash
# Guess: times with an offset keep their instant in both directions.
# Seen:  the offset is dropped: 12:00+02:00 is sent as 12:00Z, and 10:00 -0500 is read as 10:00 UTC; an ISO time with an offset stays a string.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check twilio==9.13.0
echo "version: twilio==9.13.0"
echo "guess: times with an offset keep their instant in both directions."
seen=$("$folder/venv/bin/python" - <<'PY'
from datetime import datetime, timedelta, timezone

from twilio.base import deserialize, serialize

noon = datetime(2026, 11, 29, 12, 0, tzinfo=timezone(timedelta(hours=2)))
print("sent:", serialize.iso8601_datetime(noon))
print("read, RFC 2822:", deserialize.rfc2822_datetime("Sun, 29 Nov 2026 10:00:00 -0500"))
print("read, ISO 8601:", repr(deserialize.iso8601_datetime("2026-11-29T10:00:00+02:00")))
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
sent: 2026-11-29T12:00:00Z
read, RFC 2822: 2026-11-29 10:00:00+00:00
read, ISO 8601: '2026-11-29T10:00:00+02:00'
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

#!/usr/bin/env bash
# Guess: blanks after the value of a header are dropped, as those before it are.
# Seen:  only those before it are dropped: the application gets the spaces and the tab at the end.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check httptools==0.9.0
echo "version: httptools==0.9.0"
echo "guess: blanks after the value of a header are dropped, as those before it are."
seen=$("$folder/venv/bin/python" - <<'PY'
import httptools


class Headers:
    def on_header(self, name: bytes, value: bytes) -> None:
        print(name.decode(), repr(value))


parser = httptools.HttpRequestParser(Headers())
parser.feed_data(b"GET / HTTP/1.1\r\nHost: a.example\r\nX-Room:  blue room \t \r\n\r\n")
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
Host b'a.example'
X-Room b'blue room \t '
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

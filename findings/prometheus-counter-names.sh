#!/usr/bin/env bash
# Guess: a page of metrics read by the text parser and written by generate_latest has the same sample names.
# Seen:  a counter whose name has no _total gets one, calls becomes calls_total; a gauge keeps its name.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check prometheus-client==0.26.0
echo "version: prometheus-client==0.26.0"
echo "guess: a page of metrics read by the text parser and written by generate_latest has the same sample names."
seen=$("$folder/venv/bin/python" - <<'PY'
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

PAGE = """\
# HELP calls Calls made.
# TYPE calls counter
calls{room="a"} 1
# HELP rooms Rooms open.
# TYPE rooms gauge
rooms 2
"""


class Page:
    def collect(self):
        return text_string_to_metric_families(PAGE)


print(generate_latest(Page()).decode())
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
# HELP calls_total Calls made.
# TYPE calls_total counter
calls_total{room="a"} 1.0
# HELP rooms Rooms open.
# TYPE rooms gauge
rooms 2.0
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

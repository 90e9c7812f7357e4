#!/usr/bin/env bash
# Guess: a choice of licenses, stated as MIT OR Apache-2.0, is shown as a choice.
# Seen:  the mixed source prefers classifiers and lists both with a semicolon; only the metadata source shows the choice.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pip-licenses==5.5.5 sniffio==1.3.1
echo "version: pip-licenses==5.5.5 sniffio==1.3.1"
echo "guess: a choice of licenses, stated as MIT OR Apache-2.0, is shown as a choice."
seen=$(for source in mixed meta; do
  printf '%s: ' "$source"
  "$folder/venv/bin/pip-licenses" --from "$source" --packages sniffio --no-version --format csv | tail -1
done)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
mixed: "sniffio","Apache Software License; MIT License"
meta: "sniffio","MIT OR Apache-2.0"
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

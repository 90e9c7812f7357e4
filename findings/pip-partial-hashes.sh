#!/usr/bin/env bash
# Guess: a hash for one requirement is checked, and a requirement without one is installed.
# Seen:  uv does so; pip refuses the whole file once one line has a hash.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pip==25.3 uv==0.13.9
echo "version: pip==25.3 uv==0.13.9"
echo "guess: a hash for one requirement is checked, and a requirement without one is installed."
hash=946d195a0d259cbba61165e88e65941f16e9b36ea6ddb97f00452bae8b1287d3
printf 'idna==3.10 --hash=sha256:%s\nsniffio==1.3.1\n' "$hash" > "$folder/requirements.txt"
seen=$(for tool in pip "uv pip"; do
  "$folder/venv/bin/"$tool install --quiet --target "$folder/target" --requirement "$folder/requirements.txt" \
    2>/dev/null && echo "$tool: installed" || echo "$tool: refused"
done)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
pip: refused
uv pip: installed
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

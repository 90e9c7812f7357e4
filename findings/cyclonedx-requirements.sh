#!/usr/bin/env bash
# Guess: hashes of a requirements file are those of the component, and a line whose marker does not apply is left out.
# Seen:  the hashes are on an external reference of type distribution, none on the component; a package for Python before 3.0 is listed as well.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check cyclonedx-bom==7.5.0
echo "version: cyclonedx-bom==7.5.0"
echo "guess: hashes of a requirements file are those of the component, and a line whose marker does not apply is left out."
zeros=$(printf '%064d' 0)
printf 'idna==3.10 --hash=sha256:%s\n' "$zeros" > "$folder/requirements.txt"
printf "tzdata==2025.2 ; python_version < '3.0' --hash=sha256:%s\n" "$zeros" >> "$folder/requirements.txt"
"$folder/venv/bin/cyclonedx-py" requirements --output-reproducible --output-format JSON \
  --output-file "$folder/bom.json" "$folder/requirements.txt"
seen=$("$folder/venv/bin/python" - "$folder/bom.json" <<'PY'
import json
import sys
from pathlib import Path

for component in json.loads(Path(sys.argv[1]).read_text())["components"]:
    references = component.get("externalReferences", [])
    places = [each["type"] for each in references if each.get("hashes")]
    print(component["name"], "hashes:", component.get("hashes"), "references:", places)
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
idna hashes: None references: ['distribution']
tzdata hashes: None references: ['distribution']
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

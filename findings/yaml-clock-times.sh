#!/usr/bin/env bash
# Guess: text written by a YAML library comes back as text from another, since a writer quotes what a reader could take for something else.
# Seen:  JavaScript's yaml and Python's ruamel.yaml, both YAML 1.2, write 22:30 and off plainly, and PyYAML, which is YAML 1.1, reads 1350 and
#        false; yaml writes 1_000 and a date plainly as well. An hour before ten stays text, so a schedule breaks in the evening only.
#        js-yaml and PyYAML quote these.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check pyyaml==6.0.4 ruamel.yaml==0.19.1
npm install --silent --no-fund --no-audit yaml@2.9.1 js-yaml@5.5.0
values='{"opens": "08:30", "closes": "22:30", "sunday": "off", "pin": "1_000", "day": "2026-11-30"}'
cat >write.cjs <<'JS'
const fs = require("fs");
const values = JSON.parse(process.argv[2]);
fs.writeFileSync("yaml.yaml", require("yaml").stringify(values));
fs.writeFileSync("js-yaml.yaml", require("js-yaml").dump(values));
JS
cat >check.py <<'PY'
import json
import sys
from pathlib import Path

import ruamel.yaml
import yaml

values = json.loads(sys.argv[1])
with open("ruamel.yaml.yaml", "w") as file:
    ruamel.yaml.YAML().dump(values, file)
Path("pyyaml.yaml").write_text(yaml.safe_dump(values))
for name in ("yaml", "js-yaml", "ruamel.yaml", "pyyaml"):
    read = yaml.safe_load(Path(f"{name}.yaml").read_text())
    print(f"{name}:", ", ".join(f"{key} {read[key]!r}" for key in values))
PY
echo "version: yaml@2.9.1 js-yaml@5.5.0 ruamel.yaml==0.19.1 pyyaml==6.0.4"
echo "guess: PyYAML reads the five texts as they were from each file."
seen=$(
  node write.cjs "$values"
  venv/bin/python check.py "$values"
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
yaml: opens '08:30', closes 1350, sunday False, pin 1000, day datetime.date(2026, 11, 30)
js-yaml: opens '08:30', closes '22:30', sunday 'off', pin '1_000', day '2026-11-30'
ruamel.yaml: opens '08:30', closes 1350, sunday False, pin '1_000', day '2026-11-30'
pyyaml: opens '08:30', closes '22:30', sunday 'off', pin '1_000', day '2026-11-30'
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

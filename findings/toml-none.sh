#!/usr/bin/env bash
# Guess: None has no form in TOML, so a writer leaves the key out or raises an error.
# Seen:  rtoml writes the text "null", for a key and in a list, so that a member without a label has the label "null" after it was saved and
#        read; none_value=None leaves it out. tomlkit and tomli-w raise an error.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
pins="rtoml==0.14.0 tomlkit==0.15.2 tomli-w==1.2.0"
python3 -m venv "$folder/venv"
# shellcheck disable=SC2086
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check $pins
echo "version: $pins"
echo "guess: muted = true alone, or an error, from each."
seen=$("$folder/venv/bin/python" - <<'PY'
import rtoml
import tomli_w
import tomlkit

MEMBER = {"label": None, "muted": True, "roles": ["agent", None]}
for library in (rtoml, tomlkit, tomli_w):
    try:
        print(library.__name__, library.dumps(MEMBER).strip().replace("\n", "; "))
    except (TypeError, ValueError):
        print(library.__name__, "raises an error")
print("read again", rtoml.loads(rtoml.dumps(MEMBER)))
print("none_value=None", rtoml.dumps(MEMBER, none_value=None).strip().replace("\n", "; "))
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
rtoml label = "null"; muted = true; roles = ["agent", "null"]
tomlkit raises an error
tomli_w raises an error
read again {'label': 'null', 'muted': True, 'roles': ['agent', 'null']}
none_value=None muted = true; roles = ["agent"]
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

#!/usr/bin/env bash
# Guess: contains() without prereleases= refuses a pre-release, as filter() leaves it out beside a final release.
# Seen:  contains() accepts it for >= (and refuses it below an exclusive upper bound of the same release).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check packaging==26.3
echo "version: packaging==26.3"
echo "guess: contains() without prereleases= refuses a pre-release, as filter() leaves it out beside a final release."
seen=$("$folder/venv/bin/python" - <<'PY'
from packaging.specifiers import SpecifierSet

wanted = SpecifierSet(">=1.0")
print("contains 1.1rc1:", wanted.contains("1.1rc1"))
print("filter:", list(wanted.filter(["1.0", "1.1rc1"])))
print("<1.1 contains 1.1rc1:", SpecifierSet("<1.1").contains("1.1rc1"))
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
contains 1.1rc1: True
filter: ['1.0']
<1.1 contains 1.1rc1: False
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

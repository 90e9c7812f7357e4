#!/usr/bin/env bash
# Guess: an annotated assignment, __version__: str = …, is found by the default version source.
# Seen:  only a plain assignment is found; VERSION and version in any case are too.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check hatchling==1.33.0
echo "version: hatchling==1.33.0"
echo "guess: an annotated assignment, __version__: str = …, is found by the default version source."
mkdir "$folder/p"
cat > "$folder/pyproject.toml" <<'TOML'
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "p"
dynamic = ["version"]
[tool.hatch.version]
path = "p/__init__.py"
TOML
cd "$folder"
seen=$(for line in '__version__ = "1.2"' 'VERSION = "1.2"' '__version__: str = "1.2"' '__version__ = ("1.2")'; do
  printf '%s\n' "$line" > p/__init__.py
  if found=$(venv/bin/python -m hatchling metadata version 2>/dev/null); then
    echo "$line: $found"
  else
    echo "$line: refused"
  fi
done)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
__version__ = "1.2": 1.2
VERSION = "1.2": 1.2
__version__: str = "1.2": refused
__version__ = ("1.2"): refused
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

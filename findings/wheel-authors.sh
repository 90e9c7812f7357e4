#!/usr/bin/env bash
# Guess: two authors in pyproject.toml, "Ann, Inc." with an address and Bob without one, are both in the wheel with each build backend, the
#        comma quoted as PEP 621 asks for.
# Seen:  poetry keeps the first and leaves out Bob. uv_build does not quote the comma, so a reader of the list of addresses
#        finds two, Ann's without a host. hatchling, flit, pdm, and setuptools do as guessed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
pins="build==1.6.1 hatchling==1.33.0 flit-core==4.2.0 pdm-backend==2.5.0 poetry-core==2.5.0 setuptools==84.2.1 uv-build==0.13.6"
python3 -m venv venv
# shellcheck disable=SC2086
venv/bin/python -m pip install --quiet --disable-pip-version-check $pins
export PATH="$folder/venv/bin:$PATH"
echo "version: $pins"
echo 'guess: author: Bob email: "Ann, Inc." <ann@example.com>, with each.'
project() {
  mkdir -p "$1/sample"
  cat >"$1/pyproject.toml" <<TOML
[build-system]
requires = ["$1"]
build-backend = "$2"
[project]
name = "sample"
version = "1.0"
description = "Sample"
authors = [{name = "Ann, Inc.", email = "ann@example.com"}, {name = "Bob"}]
[tool.uv.build-backend]
module-root = ""
TOML
  echo '"""Sample."""' >"$1/sample/__init__.py"
  python -m build --wheel --no-isolation "$1" >"$1.log" 2>&1 || { cat "$1.log" >&2; return 1; }
  python - "$1" <<'PY'
import sys
import zipfile
from email import message_from_bytes
from pathlib import Path

(wheel,) = Path(sys.argv[1], "dist").glob("*.whl")
data = message_from_bytes(zipfile.ZipFile(wheel).read("sample-1.0.dist-info/METADATA"))
print(sys.argv[1], "author:", data["Author"], "email:", data["Author-email"])
PY
}
seen=$(
  project hatchling hatchling.build
  project flit_core flit_core.buildapi
  project pdm-backend pdm.backend
  project setuptools setuptools.build_meta
  project poetry-core poetry.core.masonry.api
  project uv-build uv_build
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
hatchling author: Bob email: "Ann, Inc." <ann@example.com>
flit_core author: Bob email: "Ann, Inc." <ann@example.com>
pdm-backend author: Bob email: "Ann, Inc." <ann@example.com>
setuptools author: Bob email: "Ann, Inc." <ann@example.com>
poetry-core author: Ann, Inc. email: ann@example.com
uv-build author: Ann, Inc., Bob email: Ann, Inc. <ann@example.com>
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

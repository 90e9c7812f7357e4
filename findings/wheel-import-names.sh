#!/usr/bin/env bash
# Guess: import-names = ["sample"] in pyproject.toml, which PEP 794 brought in 2025, is an Import-Name of the wheel with each build backend that builds the
#        project; one that does not know the key refuses it, as a project table may have no other keys. Who states none has none in the wheel.
# Seen:  poetry-core builds the project, without a warning, and leaves the name out. setuptools refuses the key, so a project cannot state its names and keep
#        both. flit states the name of its module in each wheel, also where the project states none, so that the same project says more about itself
#        after a change of the backend. hatchling, pdm, and uv_build do as guessed.
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
echo "guess: sample if stated, or refused; None if not stated."
cat >read.py <<'PY'
import sys
import zipfile
from email import message_from_bytes
from pathlib import Path

(wheel,) = Path(sys.argv[1], "dist").glob("*.whl")
data = message_from_bytes(zipfile.ZipFile(wheel).read("sample-1.0.dist-info/METADATA"))
print(data["Import-Name"], "in metadata", data["Metadata-Version"])
PY
project() {
  rm -rf "$1"
  mkdir -p "$1/sample"
  cat >"$1/pyproject.toml" <<TOML
[build-system]
requires = ["$1"]
build-backend = "$2"
[project]
name = "sample"
version = "1.0"
description = "Sample"
$3
[tool.uv.build-backend]
module-root = ""
TOML
  echo '"""Sample."""' >"$1/sample/__init__.py"
  if python -m build --wheel --no-isolation "$1" >"$1.log" 2>&1; then
    echo "$1, ${3:-nothing stated}: $(python read.py "$1"), warnings: $(grep -ic "import-name" "$1.log")"
  elif grep -qi "import-names" "$1.log"; then
    echo "$1, $3: refused"
  else
    cat "$1.log" >&2
  fi
}
seen=$(
  for names in 'import-names = ["sample"]' ""; do
    project hatchling hatchling.build "$names"
    project flit_core flit_core.buildapi "$names"
    project pdm-backend pdm.backend "$names"
    project setuptools setuptools.build_meta "$names"
    project poetry-core poetry.core.masonry.api "$names"
    project uv-build uv_build "$names"
  done
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
hatchling, import-names = ["sample"]: sample in metadata 2.5, warnings: 0
flit_core, import-names = ["sample"]: sample in metadata 2.5, warnings: 0
pdm-backend, import-names = ["sample"]: sample in metadata 2.5, warnings: 0
setuptools, import-names = ["sample"]: refused
poetry-core, import-names = ["sample"]: None in metadata 2.4, warnings: 0
uv-build, import-names = ["sample"]: sample in metadata 2.5, warnings: 0
hatchling, nothing stated: None in metadata 2.5, warnings: 0
flit_core, nothing stated: sample in metadata 2.5, warnings: 0
pdm-backend, nothing stated: None in metadata 2.1, warnings: 0
setuptools, nothing stated: None in metadata 2.4, warnings: 0
poetry-core, nothing stated: None in metadata 2.4, warnings: 0
uv-build, nothing stated: None in metadata 2.3, warnings: 0
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

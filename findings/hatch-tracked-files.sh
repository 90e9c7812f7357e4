#!/usr/bin/env bash
# Guess: a file that git tracks although a line of .gitignore matches it, added with git add -f, is part of the package; one that is ignored is not.
# Seen:  hatchling goes by .gitignore alone, so the tracked file is missing from the wheel and the source archive; poetry asks git and has it
#        right; flit, pdm, and uv_build do not look at .gitignore and put in both.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
pins="build==1.6.1 hatchling==1.33.0 flit-core==4.2.0 pdm-backend==2.5.0 poetry-core==2.5.0 uv-build==0.13.6"
python3 -m venv venv
# shellcheck disable=SC2086
venv/bin/python -m pip install --quiet --disable-pip-version-check $pins
export PATH="$folder/venv/bin:$PATH"
echo "version: $pins"
echo "guess: tracked.py in both, ignored.py in none, with each."
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
[tool.uv.build-backend]
module-root = ""
TOML
  echo '"""Sample."""' >"$1/sample/__init__.py"
  touch "$1/sample/tracked.py" "$1/sample/ignored.py"
  printf '/sample/tracked.py\n/sample/ignored.py\n/dist/\n' >"$1/.gitignore"
  git init --quiet "$1"
  git -C "$1" add .
  git -C "$1" add --force sample/tracked.py
  git -C "$1" -c user.name=Ann -c user.email=ann@example.com commit --quiet --message "Sample"
  python -m build --no-isolation "$1" >"$1.log" 2>&1 || { cat "$1.log" >&2; return 1; }
  python - "$1" <<'PY'
import sys
import tarfile
import zipfile
from pathlib import Path

(wheel,), (archive,) = (list(Path(sys.argv[1], "dist").glob(pattern)) for pattern in ("*.whl", "*.tar.gz"))
names = {"wheel": zipfile.ZipFile(wheel).namelist(), "source archive": tarfile.open(archive).getnames()}
for kind, files in names.items():
    print(sys.argv[1], kind, *sorted(Path(file).name for file in files if file.endswith("ed.py")))
PY
}
seen=$(
  project hatchling hatchling.build
  project poetry-core poetry.core.masonry.api
  project flit_core flit_core.buildapi
  project pdm-backend pdm.backend
  project uv-build uv_build
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
hatchling wheel
hatchling source archive
poetry-core wheel tracked.py
poetry-core source archive tracked.py
flit_core wheel ignored.py tracked.py
flit_core source archive ignored.py tracked.py
pdm-backend wheel ignored.py tracked.py
pdm-backend source archive ignored.py tracked.py
uv-build wheel ignored.py tracked.py
uv-build source archive ignored.py tracked.py
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

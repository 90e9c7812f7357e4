#!/usr/bin/env bash
# Guess: a project that states license = "MIT" and has a LICENSE beside pyproject.toml has that file in its wheel with each build backend, as
#        the license asks for, and PEP 639 has a place for it.
# Seen:  hatchling, flit, pdm, poetry, and setuptools put it in; uv_build leaves it out of the wheel and of the source archive, unless
#        license-files names it. No warning is given.
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
echo "guess: LICENSE in both, with each."
project() {
  mkdir -p "$1/sample"
  cat >"$1/pyproject.toml" <<TOML
[build-system]
requires = ["$2"]
build-backend = "$3"
[project]
name = "sample"
version = "1.0"
description = "Sample"
license = "MIT"
$4
[tool.uv.build-backend]
module-root = ""
TOML
  echo '"""Sample."""' >"$1/sample/__init__.py"
  echo "Permission is hereby granted" >"$1/LICENSE"
  python -m build --no-isolation "$1" >"$1.log" 2>&1 || { cat "$1.log" >&2; return 1; }
  python - "$1" <<'PY'
import sys
import tarfile
import zipfile
from pathlib import Path

(wheel,), (archive,) = (list(Path(sys.argv[1], "dist").glob(pattern)) for pattern in ("*.whl", "*.tar.gz"))
names = zipfile.ZipFile(wheel).namelist(), tarfile.open(archive).getnames()
found = (any(name.endswith("/LICENSE") for name in each) for each in names)
print(sys.argv[1], "wheel {}, source archive {}".format(*("yes" if each else "no" for each in found)))
PY
}
seen=$(
  project hatchling hatchling hatchling.build ''
  project flit flit_core flit_core.buildapi ''
  project pdm pdm-backend pdm.backend ''
  project poetry poetry-core poetry.core.masonry.api ''
  project setuptools setuptools setuptools.build_meta ''
  project uv uv-build uv_build ''
  project uv-with-license-files uv-build uv_build 'license-files = ["LICENSE"]'
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
hatchling wheel yes, source archive yes
flit wheel yes, source archive yes
pdm wheel yes, source archive yes
poetry wheel yes, source archive yes
setuptools wheel yes, source archive yes
uv wheel no, source archive no
uv-with-license-files wheel yes, source archive yes
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

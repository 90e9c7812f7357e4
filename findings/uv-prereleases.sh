#!/usr/bin/env bash
# Guess: pip and uv choose the same version of sample>=1.0rc1 from one index with 0.9, 1.0, and 1.1rc1, as the lower bound names a pre-release; and
#        sample>1.0, which no final release meets, is refused by both.
# Seen:  pip installs 1.1rc1 and uv 1.0, for the requirement itself and for a dependency on it. For sample>1.0 both install 1.1rc1,
#        although nobody named a pre-release: a lower bound alone brings a release candidate.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check pip==26.3 uv==0.13.9
echo "version: pip==26.3 uv==0.13.9"
echo "guess: 1.0, the same twice from both, and refused."
venv/bin/python - <<'PY'
import zipfile


def wheel(name: str, version: str, *lines: str) -> None:
    info = f"{name}-{version}.dist-info"
    metadata = ("Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *lines, "")
    with zipfile.ZipFile(f"{name}-{version}-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{info}/METADATA", "\n".join(metadata))
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: own\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")


for version in ("0.9", "1.0", "1.1rc1"):
    wheel("sample", version)
wheel("caller", "1.0", "Requires-Dist: sample>=1.0rc1")
PY
install() {
  rm -rf target
  if "$@" >install.log 2>&1; then (cd target && echo sample-*.dist-info); else echo refused; fi
}
seen=$(
  for requirement in "sample" "sample>=1.0rc1" "caller" "sample>1.0"; do
    echo "$requirement pip: $(install venv/bin/python -m pip install --no-index --find-links . --target target "$requirement")"
    echo "$requirement uv: $(install venv/bin/uv pip install --no-cache --no-index --find-links . --target target --python venv/bin/python "$requirement")"
  done
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
sample pip: sample-1.0.dist-info
sample uv: sample-1.0.dist-info
sample>=1.0rc1 pip: sample-1.1rc1.dist-info
sample>=1.0rc1 uv: sample-1.0.dist-info
caller pip: sample-1.1rc1.dist-info
caller uv: sample-1.0.dist-info
sample>1.0 pip: sample-1.1rc1.dist-info
sample>1.0 uv: sample-1.1rc1.dist-info
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

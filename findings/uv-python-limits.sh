#!/usr/bin/env bash
# Guess: a wheel that states Requires-Python: <3.11 is not installed in Python 3.11 and later, by pip and by uv; the version before it,
#        without the limit, is.
# Seen:  uv installs the newer one: it looks at the lower limit only. pip goes back to the older one.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check pip==26.3 uv==0.13.9
echo "version: pip==26.3 uv==0.13.9"
echo "guess: 0.9 of each from both."
venv/bin/python - <<'PY'
import zipfile


def wheel(name: str, version: str, *lines: str) -> None:
    info = f"{name}-{version}.dist-info"
    metadata = ("Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *lines, "")
    with zipfile.ZipFile(f"{name}-{version}-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{info}/METADATA", "\n".join(metadata))
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: own\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")


wheel("sample", "0.9")
wheel("sample", "1.0", "Requires-Python: <3.11")
wheel("caller", "0.9")
wheel("caller", "1.0", "Requires-Python: >=3.99")
PY
install() {
  rm -rf target
  if "$@" >install.log 2>&1; then (cd target && echo *-*.dist-info); else echo refused; fi
}
seen=$(
  for requirement in "sample" "caller"; do
    echo "$requirement pip: $(install venv/bin/python -m pip install --no-index --find-links . --target target "$requirement")"
    echo "$requirement uv: $(install venv/bin/uv pip install --no-cache --no-index --find-links . --target target --python venv/bin/python "$requirement")"
  done
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
sample pip: sample-0.9.dist-info
sample uv: sample-1.0.dist-info
caller pip: caller-0.9.dist-info
caller uv: caller-0.9.dist-info
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

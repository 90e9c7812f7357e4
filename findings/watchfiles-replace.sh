#!/usr/bin/env bash
# Guess: os.replace onto an existing watched name reports that name as modified.
# Seen:  it is reported as added, never as modified (Linux); a handler of modified alone misses files that are saved by a rename.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check watchfiles==1.3.0
echo "version: watchfiles==1.3.0"
echo "guess: os.replace onto an existing watched name reports that name as modified."
seen=$("$folder/venv/bin/python" - "$folder" <<'PY'
import os
import sys
import threading
from pathlib import Path

from watchfiles import watch

folder = Path(sys.argv[1])
(folder / "watched").mkdir()
target, new = folder / "watched" / "rooms.yaml", folder / "new.yaml"
for title, change in (
    ("written", lambda: target.write_text("b")),
    ("replaced", lambda: os.replace(new, target)),
):
    target.write_text("a")
    new.write_text("c")
    timer = threading.Timer(1.5, change)
    timer.start()
    for changes in watch(folder / "watched", rust_timeout=10_000, yield_on_timeout=True):
        print(f"{title}:", [kind.name for kind, _ in changes])
        break
    timer.join()
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
written: ['modified']
replaced: ['added']
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

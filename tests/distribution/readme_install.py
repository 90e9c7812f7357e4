"""Runs the commands of README.md that install, as written, and the demonstration.

``python -m tests.distribution.readme_install FOLDER`` copies what git knows into
FOLDER, whose folder ``home`` is the home of the commands. It needs a package index.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def install_commands() -> str:
    """The first block of commands below the heading."""
    text = (ROOT / "README.md").read_text("utf-8")
    return text.partition("## Install")[2].partition("```sh\n")[2].partition("```")[0]


def main(folder: Path) -> int:
    shutil.rmtree(folder, ignore_errors=True)
    clone, home = folder / "clone", folder / "home"
    home.mkdir(parents=True)
    _copy(clone)
    environ = {**os.environ, "HOME": str(home)}
    began = time.monotonic()
    script = f"set -e\n{install_commands()}\nreconciler version\nreconciler demo\n"
    script = re.sub(r"^python3 ", f"{sys.executable} ", script, flags=re.MULTILINE)
    done = subprocess.run(["bash", "-c", script], cwd=clone, env=environ, check=False)
    print(f"README: installed and shown in {time.monotonic() - began:.1f} s")  # noqa: T201 - for people
    return done.returncode


def _copy(clone: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, clone / name)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).absolute()))

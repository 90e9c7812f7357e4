"""``make docs``: builds the site into build/site/html; any warning is an error."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.site.sources import CONFIG, ROOT, write_sources

SITE = ROOT / "build/site"


def main(mkdocs: str) -> int:
    shutil.rmtree(SITE, ignore_errors=True)
    write_sources(SITE / "src")
    shutil.copy(CONFIG, SITE / "mkdocs.yml")
    environ = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    command = [mkdocs, "build", "--strict"]
    return subprocess.run(command, cwd=SITE, env=environ, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(str(Path(sys.argv[1]).absolute())))

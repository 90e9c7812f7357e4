import subprocess
import sys
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[1]
INTERRUPTED = """\
from tests.postgres_server import postgres

try:
    with postgres() as running:
        running.stop()
        running.start()
        raise KeyboardInterrupt
except KeyboardInterrupt:
    print(running.pgdata)
"""


@pytest.mark.process
def test_a_server_leaves_no_process_and_no_folder(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED],
        env={"TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    data = done.stdout.strip()
    assert Path(data).is_relative_to(tmp_path)
    assert not list(tmp_path.iterdir())
    for each in psutil.process_iter(["cmdline"]):
        assert data not in (each.info["cmdline"] or ())

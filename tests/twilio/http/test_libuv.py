"""What is promised of a broken line holds on the loop that the product runs on."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SUITES = ("test_transport.py", "test_transport_faults.py", "test_broken_lines.py")


@pytest.mark.long
@pytest.mark.process
def test_a_line_is_broken_at_every_byte_on_libuv_as_well() -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "tests.twilio.http.libuv"),
            *(str(HERE / each) for each in SUITES),
        ],
        cwd=HERE.parents[2],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]

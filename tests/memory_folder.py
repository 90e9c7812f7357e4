"""Temporary files in memory, where this machine keeps enough of it for them.

Databases of tests sync what they commit, as those of users do: on a disk, tests wait
for that most of their time.
"""

import os
import shutil
import tempfile
from pathlib import Path

SHARED = Path("/dev/shm")  # noqa: S108 - files below it have names of their own
ROOM_BYTES = 4 << 30


def use_memory(folder: Path = SHARED) -> None:
    """Make *folder* that of temporary files, here and in processes started from here.

    Not where TMPDIR names one, where it has little room, or where no file in it may
    be executed.
    """
    if "TMPDIR" not in os.environ and _is_fit(folder):
        os.environ["TMPDIR"] = str(folder)
        tempfile.tempdir = None


def _is_fit(folder: Path) -> bool:
    return (
        os.access(folder, os.W_OK | os.X_OK)
        and shutil.disk_usage(folder).free >= ROOM_BYTES
        and not os.statvfs(folder).f_flag & os.ST_NOEXEC
    )

"""Replaces a file at once: nobody reads half of it."""

import os
import shutil
from pathlib import Path

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL


def replace_file(path: Path, content: bytes, *, private: bool = False) -> None:
    """Put *content* in the place of *path*, or of what it links to.

    Permissions stay; with *private* only the owner may read it.
    """
    target = path.resolve()
    beside = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    mode = 0o600 if private else 0o666
    try:
        with os.fdopen(os.open(beside, _NEW, mode), "wb") as file:
            file.write(content)
        if not private and target.exists():
            shutil.copymode(target, beside)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)

"""promtool, which checks and plays alert rules: found, or fetched from Debian."""

import fcntl
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

_PLACE = Path(sys.prefix) / "bin" / "promtool"
"""Beside the interpreter's own programs: "make clean" removes it."""

MISSING = (
    "promtool is not installed and cannot be fetched ({reason}). Install it, then run "
    "the tests again: apt-get install prometheus, brew install prometheus, or "
    "go install github.com/prometheus/prometheus/cmd/promtool@latest"
)


def promtool() -> str:
    """Its path. AssertionError that says how to install it where it cannot be had."""
    installed = shutil.which("promtool")
    if installed:
        return installed
    with Path(sys.prefix, ".promtool.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _PLACE.exists():
            _fetch()
    return str(_PLACE)


def _fetch() -> None:
    """Unpack it from Debian's package, without installing the server."""
    with tempfile.TemporaryDirectory(prefix="promtool") as folder:
        try:
            _download(folder)
            (package,) = Path(folder).glob("prometheus_*.deb")
            _run("dpkg", "-x", str(package), "unpacked", folder=folder)
        except (OSError, subprocess.SubprocessError, ValueError) as error:
            detail = getattr(error, "stderr", "") or str(error)
            reason = detail.strip().splitlines()[-1]
            raise AssertionError(MISSING.format(reason=reason)) from None
        beside = _PLACE.with_suffix(".new")
        shutil.copy2(Path(folder, "unpacked/usr/bin/promtool"), beside)
        beside.replace(_PLACE)


def _download(folder: str) -> None:
    """Debian's package, after its lists were read if they are not there yet."""
    try:
        _run("apt-get", "download", "prometheus", folder=folder)
    except subprocess.CalledProcessError:
        _run("apt-get", "update", folder=folder)
        _run("apt-get", "download", "prometheus", folder=folder)


def _run(*command: str, folder: str) -> None:
    subprocess.run(
        command, cwd=folder, check=True, capture_output=True, text=True, timeout=300
    )

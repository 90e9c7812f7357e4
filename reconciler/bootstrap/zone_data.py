"""Source of time zone data: the system's, else the package's.

``zoneinfo`` takes a zone from the first folder of its search path that has it, and
from the package tzdata where none does. ``PYTHONTZPATH=""`` leaves the package alone.
"""

import zoneinfo
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

UNKNOWN: Final = "unknown"


class ZoneData(Struct, frozen=True):
    """``version`` is IANA's, such as 2026f; ``source`` a folder or ``tzdata``.

    ``packaged`` is the version of the installed package, "" if there is none.
    """

    version: str
    source: str
    packaged: str

    @property
    def older(self) -> bool:
        """Whether the package has newer data than what is used."""
        return self.version != UNKNOWN and self.version < self.packaged

    def data(self) -> dict[str, str]:
        """The same for JSON."""
        return {"version": self.version, "source": self.source}

    def described(self) -> str:
        """A sentence for operators; of older data it says what to do."""
        text = f"time zone data {self.version} from {self.source}"
        if not self.older:
            return text
        return (
            f"{text} is older than the package tzdata ({self.packaged}). Upgrade the "
            'system\'s data, or set PYTHONTZPATH="" to use the package'
        )


def zone_data(folders: Sequence[str] | None = None) -> ZoneData:
    """What is used, of *folders* (default: the search path of ``zoneinfo``)."""
    packaged = _packaged()
    for folder in zoneinfo.TZPATH if folders is None else folders:
        if Path(folder, "UTC").is_file() or Path(folder, "Etc", "UTC").is_file():
            return ZoneData(_version(Path(folder)), folder, packaged)
    return ZoneData(packaged or UNKNOWN, "tzdata" if packaged else "none", packaged)


def _version(folder: Path) -> str:
    """What the distribution says of its data: ``# version 2025b`` or ``2025b``."""
    for name in ("tzdata.zi", "+VERSION"):
        try:
            with Path(folder, name).open(encoding="ascii", errors="replace") as text:
                words = text.readline().split()
        except OSError:
            continue
        if words:
            return words[-1]
    return UNKNOWN


def _packaged() -> str:
    try:
        import tzdata  # noqa: PLC0415 - an installation may go without it
    except ImportError:
        return ""
    version: str = tzdata.IANA_VERSION
    return version

"""Files of systemd as a parser of INI files reads them."""

import configparser
from pathlib import Path

DEPLOY = Path(__file__).resolve().parents[1] / "deploy"


def systemd_unit(name: str) -> configparser.RawConfigParser:
    """A file of deploy/; of a key that it has more than once, the last value."""
    unit = configparser.RawConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment]
    unit.read(DEPLOY / name, "utf-8")
    return unit

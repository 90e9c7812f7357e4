"""Rosters of the jobs in ``desired/``, which ``init --template`` writes."""

from pathlib import Path
from typing import Final

TEMPLATES: Final = {
    "incident": ("incident-bridge.yaml", "people.yaml"),
    "support": ("support-line.yaml",),
    "hearing": ("hearing.yaml",),
    "webinar": ("webinar.yaml", "audience.csv", "people.yaml"),
    "interpreter": ("interpreter-line.yaml",),
}
"""The files of each job; ``people.yaml`` has people and roles that jobs share."""


def templates_folder() -> Path:
    """Where they are: in the package when installed, else in the checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "simulator" / "rosters"
    return installed if installed.is_dir() else package.parent / "desired"


def template_text(name: str) -> str:
    """The text of one file."""
    return (templates_folder() / name).read_text("utf-8")

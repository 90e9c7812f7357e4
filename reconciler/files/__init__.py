"""Roster files: YAML with positions → rosters, their schema and their form."""

from reconciler.files.duration import parse_duration
from reconciler.files.loading import Loading, examine, load

__all__ = ["Loading", "examine", "load", "parse_duration"]

"""Roster files: YAML with positions → rosters. ``schema`` and ``formatting`` beside it."""

from reconciler.files.cache import Cache
from reconciler.files.loading import Loading, examine, load
from reconciler.files.problem import problem_data, render_problem
from reconciler.model.duration import parse_duration

__all__ = [
    "Cache",
    "Loading",
    "examine",
    "load",
    "parse_duration",
    "problem_data",
    "render_problem",
]

"""Roster files: YAML with positions → rosters; JSON Schema; formatting."""

from reconciler.files.cache import Cache
from reconciler.files.formatting import format_text
from reconciler.files.loading import Loading, examine, load
from reconciler.files.problem import problem_data, render_problem
from reconciler.files.schema import schema
from reconciler.model.duration import parse_duration

__all__ = [
    "Cache",
    "Loading",
    "examine",
    "format_text",
    "load",
    "parse_duration",
    "problem_data",
    "render_problem",
    "schema",
]

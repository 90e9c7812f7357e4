"""Durations in roster files: ``30s``, ``2m``, ``1h`` or plain seconds."""

from typing import Final

from yaml.nodes import Node

from reconciler.files.scalar import scalar
from reconciler.files.yaml_text import Page
from reconciler.model.duration import parse_duration

MAX_SECONDS: Final = 86400.0


def read_duration(page: Page, what: str, node: Node, least: float = 0.0) -> float:
    """Seconds, from *least* to a day; 0.0 after noting what is wrong."""
    single = scalar(page, what, node)
    value = page.replaced(node, single.value) if single else None
    if value is None:
        return 0.0
    try:
        seconds = parse_duration(value)
    except ValueError:
        page.wrong(
            node, f"{what} must be a duration", "write 30s, 2m, 1h, 1d or seconds"
        )
        return 0.0
    if seconds > MAX_SECONDS:
        page.wrong(node, f"{what} must be at most 24h")
    elif seconds < least:
        page.wrong(node, f"{what} must be at least {least:g}s")
    return seconds

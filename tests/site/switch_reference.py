"""The switches as a table for people: ``docs/simulator.md``.

``python -m tests.site.switch_reference`` prints it.
"""

from collections.abc import Iterator

from reconciler.simulator.exchange.behavior import Switch, describe_switches


def reference() -> str:
    """Every switch with its default, its values and its source, as Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "| switch | default | values | meaning | source |"
    yield "|---|---|---|---|---|"
    for each in describe_switches():
        default = str(each.default).lower()
        cells = (f"`{each.name}`", f"`{default}`", _values(each), each.about)
        yield f"| {' | '.join(cells)} | {each.source} |"


def _values(each: Switch) -> str:
    if each.choices:
        return ", ".join(f"`{choice}`" for choice in each.choices)
    return "`true`, `false`" if each.kind == "boolean" else "number, or a duration"


if __name__ == "__main__":
    print(reference(), end="")  # noqa: T201 - its whole purpose

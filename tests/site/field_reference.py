"""Generates the parameter tables of ``docs/rosters.md``.

``python -m tests.site.field_reference`` prints it.
"""

from collections.abc import Iterator

from reconciler.model.parameter import TABLE, Class, Parameter, ValueKind

TITLES = {
    Class.IDENTITY: "Who it is",
    Class.STATE: "State: read back, compared, updated",
    Class.WRITE_ONLY: "Write-only: compared with what was last sent on the call",
    Class.ONE_SHOT: "One-shot: done at most once per call",
    Class.CREATE_ONLY: "Create-only: a change needs a redial",
}


def reference() -> str:
    """Every parameter by class, as Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    for cls, title in TITLES.items():
        yield f"### {title}"
        yield ""
        yield "| name | Twilio | value | about |"
        yield "|---|---|---|---|"
        for each in TABLE:
            if each.cls is cls:
                yield _row(each)
        yield ""


def _row(each: Parameter) -> str:
    about = each.about.replace("|", "\\|")
    return f"| `{each.name}` | `{each.wire}` | {_value(each)} | {about} |"


def _value(each: Parameter) -> str:
    match each.kind:
        case ValueKind.WORD | ValueKind.WORDS:
            words = ", ".join(f"`{word}`" for word in each.words)
            return (
                f"one of {words}" if each.kind is ValueKind.WORD else f"list of {words}"
            )
        case ValueKind.INTEGER:
            return f"whole number{_bounds(each)}"
        case ValueKind.TEXT:
            bounds = _bounds(each) if each.most else ""
            return f"text{bounds}{', in characters' if bounds else ''}"
        case ValueKind.BOOLEAN:
            return "`true`, `false`"
        case ValueKind.URL:
            return "URL" + (", or `''`" if each.empty else "")
        case ValueKind.ENDPOINT:
            return "address"


def _bounds(each: Parameter) -> str:
    if each.most is None:
        return f" from {each.least}" if each.least is not None else ""
    return f", {each.least} to {each.most}"


if __name__ == "__main__":
    print(reference(), end="")  # noqa: T201 - its whole purpose

"""Generates the reference of ``docs/api.md`` from the public names and their docstrings.

``python -m tests.site.api_reference`` prints it.
"""

import inspect
import re
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from enum import StrEnum
from typing import Any, is_typeddict

from msgspec import Struct

import reconciler

_TERM = re.compile(r"([a-z-]+) {2,}(.*)")
"""A line of a docstring that explains a word."""

_PREFIX = re.compile(r"\b(?:\w+\.)+(?=\w)")
_CLIENT = ("participants", "conferences", "calls")


def api_reference() -> str:
    """Every public name, as Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    named = [(name, getattr(reconciler, name)) for name in sorted(reconciler.__all__)]
    yield from _section("Functions", _functions(named))
    yield from _section("Clients", _clients())
    yield from _section("Types", _types(named))
    yield from _section("Errors", _errors(named))


def _section(title: str, lines: Iterator[str]) -> Iterator[str]:
    yield f"### {title}"
    yield ""
    yield from lines


def _functions(named: list[tuple[str, Any]]) -> Iterator[str]:
    for name, value in named:
        if inspect.isfunction(value):
            yield from _call(f"reconciler.{name}", value)


def _call(name: str, value: Any) -> Iterator[str]:
    yield f"#### `{name}`"
    yield ""
    yield "```text"
    yield f"{name}{_signature(value)}"
    yield "```"
    yield ""
    yield _prose(value)
    yield ""


def _clients() -> Iterator[str]:
    for client in (reconciler.AsyncClient, reconciler.Client):
        yield from _call(f"reconciler.{client.__name__}", client)
    yield "Both have these methods; those of `AsyncClient` are awaited."
    yield ""
    from reconciler.public import async_resources  # noqa: PLC0415 - it is named only here

    for resource in _CLIENT:
        kind = getattr(async_resources, f"Async{resource.title()}")
        yield f"#### `client.{resource}`"
        yield ""
        yield _prose(kind)
        yield ""
        yield "| method | does |"
        yield "|---|---|"
        for name, method in inspect.getmembers(kind, inspect.isfunction):
            if not name.startswith("_"):
                yield f"| `{name}{_brief(method)}` | {_prose(method)} |"
        yield ""


def _types(named: list[tuple[str, Any]]) -> Iterator[str]:
    for name, value in named:
        if not inspect.isclass(value) or issubclass(value, Exception):
            continue
        rows = list(_members(value))
        if rows:
            yield f"#### `reconciler.{name}`"
            yield ""
            yield from _paragraphs(value)
            yield from rows
            yield ""


def _members(value: type) -> Iterator[str]:
    if issubclass(value, StrEnum):
        yield "Values: " + ", ".join(f"`{each}`" for each in value) + "."
    elif is_typeddict(value):
        names = value.__annotations__
        yield "Keys: " + ", ".join(f"`{each}`" for each in names) + "."
    elif fields_of := _field_names(value):
        public = [name for name in fields_of if not name.startswith("_")]
        yield "Fields: " + ", ".join(f"`{each}`" for each in public) + "."


def _field_names(kind: type) -> Sequence[str]:
    if issubclass(kind, Struct):
        return kind.__struct_fields__
    return [each.name for each in fields(kind)] if is_dataclass(kind) else []


def _errors(named: list[tuple[str, Any]]) -> Iterator[str]:
    yield "| error | is a | meaning |"
    yield "|---|---|---|"
    for name, value in named:
        if inspect.isclass(value) and issubclass(value, Exception):
            yield f"| `{name}` | `{value.__mro__[1].__name__}` | {_prose(value)} |"
    yield ""


def _signature(value: Any) -> str:
    """The arguments, each on a line of its own, and what is returned."""
    found = inspect.signature(value)
    lines = [f"    {_PREFIX.sub('', str(each))}," for each in found.parameters.values()]
    back = found.return_annotation
    end = f" -> {back.__name__}" if back is not None else ""
    return "\n".join(["(", *lines, f"){end}"])


def _brief(method: Any) -> str:
    """The names of a method's arguments, without types."""
    found = [
        each
        for each in inspect.signature(method).parameters.values()
        if each.name != "self"
    ]
    words = ["**" + x.name if x.kind is x.VAR_KEYWORD else x.name for x in found]
    return f"({', '.join(words)})"


def _paragraphs(value: Any) -> Iterator[str]:
    """The docstring as Markdown: its words in a table, the rest as paragraphs."""
    for block in (inspect.getdoc(value) or "").split("\n\n"):
        terms = [found for line in block.splitlines() if (found := _TERM.match(line))]
        if terms:
            yield "| value | meaning |"
            yield "|---|---|"
            yield from (
                f"| `{word}` | {_escaped(x)} |" for word, x in map(_pair, terms)
            )
        else:
            yield _escaped(block)
        yield ""


def _prose(value: Any) -> str:
    """The docstring as Markdown, in one paragraph."""
    return _escaped(inspect.getdoc(value) or "")


def _pair(term: re.Match[str]) -> tuple[str, str]:
    return term[1], term[2]


def _escaped(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("``", "`")


if __name__ == "__main__":
    print(api_reference(), end="")  # noqa: T201 - its whole purpose

"""Whether what a command printed fits the JSON Schema of its output."""

import itertools
import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator

from reconciler.cli.command_table import COMMANDS
from tests.cli.json_schemas import schema_file, undescribed

WITHOUT = {
    "daemon": "runs until it is stopped; logs are on standard error",
    "demo": "is for people",
    "simulate": "prints lines for a shell",
    "schema": "prints a JSON Schema",
    "completion": "prints a script",
    "record": "prints what the command prints that it runs",
    "dump": "prints a roster, as docs/schemas has it: desired/roster.schema.json",
}
"""Commands without a JSON document of their own."""

_GROUPS = {"db", "notify", "policy"}


def prints_json(words: Sequence[str]) -> bool:
    """Whether a command line asks for a JSON document that has a schema."""
    pairs = itertools.pairwise(words)
    asked = "--output=json" in words or ("--output", "json") in pairs
    name = _command(words)
    piped = name == "fmt" and "-" in words
    return asked and name not in {*WITHOUT, ""} and not piped


def schema_name(words: Sequence[str], document: Any) -> str:
    """The schema of what a command line printed."""
    if "error" in document and "format_version" in document:
        return "error"
    name = _command(words)
    if name not in _GROUPS:
        return name
    return f"{name}-{words[words.index(name) + 1]}"


def _command(words: Sequence[str]) -> str:
    return next((each for each in words if each in COMMANDS), "")


def documents(text: str) -> Iterator[Any]:
    """The JSON documents of an output, one after another."""
    decoder, rest = json.JSONDecoder(), text.strip()
    while rest:
        document, end = decoder.raw_decode(rest)
        yield document
        rest = rest[end:].strip()


def faults(name: str, document: Any) -> list[str]:
    """What of *document* its schema does not allow, or does not name."""
    schema = _schema(name)
    found = [
        f"{name}: {error.json_path}: {error.message}"
        for error in Draft202012Validator(schema).iter_errors(document)
    ]
    return found + [f"{name}: {each} is new" for each in undescribed(document, schema)]


def require_contract(words: Sequence[str], out: str) -> None:
    """AssertionError if a command line printed what its schema does not allow."""
    if not prints_json(words):
        return
    for each in documents(out):
        wrong = faults(schema_name(words, each), each)
        assert not wrong, f"reconciler {' '.join(words)}: {wrong}"


@lru_cache
def _schema(name: str) -> dict[str, Any]:
    found = json.loads(schema_file(name).read_text("utf-8"))
    assert isinstance(found, dict)
    return found

"""JSON Schemas of what commands print, made from what they do print.

Where there is no schema, ``tests/cli/test_json_output.py`` writes one and says how to
take it: a key is required where every document has it. From then on the file counts,
and is proposed with more, where it lacks a key.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "docs/schemas"

MAPS = {
    "fields",
    "desired",
    "settings",
    "packages",
    "event_kinds",
    "others",
    "participants",
    "causes",
    "answers",
    "unanswered",
}
"""Keys whose objects have keys of their own choice: labels, parameters, packages."""

ALSO = {
    "conference_sid": "string",
    "label": "string",
    "reason": "string",
    "result": "string",
    "mode": "string",
    "generation": "integer",
    "restored": "integer",
    "code": "integer",
    "pinned": "object",
    "observed": "object",
    "kept": "string",
    "outcome": "string",
    "meaning": "string",
    "request_id": "string",
    "call_sid": "string",
    "coaching_label": "string",
    "run": "string",
    "by": "string",
    "paused_by": "string",
    "released_by": "string",
    "notice": "string",
    "cause": "string",
    "what": "string",
    "conference_status": "string",
    "timezone": "string",
    "phase": "string",
    "roster": "string",
    "fingerprint": "string",
    "kind": "string",
}
"""What a key may hold where it was null in every document."""

TIMES = ("at", "until", "since")


def schema_file(name: str) -> Path:
    return FOLDER / f"{name}.schema.json"


def schema_of(name: str, documents: Iterable[Any]) -> dict[str, Any]:
    """A schema that all *documents* of a command fit."""
    command = name.replace("db-", "db ").replace("notify-", "notify ")
    title = (
        "an error of any command"
        if name == "error"
        else f"reconciler {command.replace('policy-', 'policy ')} --output json"
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **_described(list(documents), ""),
    }


def _described(values: list[Any], name: str) -> dict[str, Any]:
    kinds = sorted({_kind(each) for each in values})
    if kinds == ["null"]:
        kinds = ["null", _guess(name)]
    if "integer" in kinds and "number" in kinds:
        kinds.remove("integer")
    if _is_time(name) and "integer" in kinds:
        kinds[kinds.index("integer")] = "number"
    found: dict[str, Any] = {"type": kinds[0] if len(kinds) == 1 else kinds}
    if name.endswith("_rfc3339"):
        found["format"] = "date-time"
    objects = [each for each in values if isinstance(each, dict)]
    if objects and name not in MAPS:
        found |= _object(objects)
    items = [item for each in values if isinstance(each, list) for item in each]
    if items:
        found["items"] = _described(items, "")
    return found


def _object(objects: list[dict[str, Any]]) -> dict[str, Any]:
    keys = list(dict.fromkeys(key for each in objects for key in each))
    return {
        "properties": {
            key: _described([each[key] for each in objects if key in each], key)
            for key in keys
        },
        "required": [key for key in keys if all(key in each for each in objects)],
    }


_KINDS: tuple[tuple[type, str], ...] = (
    (type(None), "null"),
    (bool, "boolean"),
    (int, "integer"),
    (float, "number"),
    (str, "string"),
    (list, "array"),
    (dict, "object"),
)


def widened(known: dict[str, Any], printed: dict[str, Any]) -> dict[str, Any]:
    """*known* with the keys and types that *printed* has beyond it."""
    found = dict(known)
    kinds = {*_listed(known.get("type")), *_listed(printed.get("type"))}
    if "number" in kinds:
        kinds.discard("integer")
    if kinds:
        found["type"] = kinds.pop() if len(kinds) == 1 else sorted(kinds)
    if "properties" in printed:
        ours = known.get("properties", {})
        theirs = printed["properties"]
        found["properties"] = {
            key: widened(ours[key], theirs[key])
            if key in ours and key in theirs
            else ours.get(key) or theirs[key]
            for key in (*ours, *(x for x in theirs if x not in ours))
        }
        needed = printed["required"]
        found["required"] = [
            key
            for key in found["properties"]
            if key in needed and (key not in ours or key in known.get("required", ()))
        ]
    if "items" in printed:
        found["items"] = widened(known.get("items", {}), printed["items"])
    return found


def _listed(kinds: Any) -> list[str]:
    return [] if kinds is None else [kinds] if isinstance(kinds, str) else list(kinds)


def _kind(value: Any) -> str:
    return next(name for kind, name in _KINDS if isinstance(value, kind))


def _is_time(name: str) -> bool:
    return name in TIMES or name.endswith(("_at", "_until"))


def _guess(name: str) -> str:
    return "number" if _is_time(name) else ALSO.get(name, "string")


def undescribed(document: Any, schema: Mapping[str, Any], path: str = "") -> set[str]:
    """The keys of *document* that *schema* does not name."""
    found: set[str] = set()
    if isinstance(document, dict) and "properties" in schema:
        for key, value in document.items():
            place = f"{path}.{key}"
            if key not in schema["properties"]:
                found.add(place)
            else:
                found |= undescribed(value, schema["properties"][key], place)
    elif isinstance(document, list) and "items" in schema:
        for each in document:
            found |= undescribed(each, schema["items"], f"{path}[]")
    return found


def shapes() -> dict[frozenset[str], dict[str, dict[str, Any]]]:
    """The types of objects with several keys, by those keys and by place."""
    found: dict[frozenset[str], dict[str, dict[str, Any]]] = defaultdict(dict)
    for path in FOLDER.glob("*.json"):
        schema = json.loads(path.read_text("utf-8"))
        for place, each in _objects(schema, path.name.removesuffix(".schema.json")):
            keys = frozenset(each["properties"])
            if len(keys) >= _SEVERAL:
                found[keys][place] = {
                    name: _types_of(each["properties"][name]) for name in sorted(keys)
                }
    return found


_SEVERAL = 4


def _objects(
    schema: Mapping[str, Any], place: str
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if "properties" in schema:
        yield place, schema
        for name, each in schema["properties"].items():
            yield from _objects(each, f"{place}.{name}")
    if "items" in schema:
        yield from _objects(schema["items"], f"{place}[]")


def unsaid() -> Iterator[str]:
    """The places of lists and objects of which no schema says what is in them."""
    for path in FOLDER.glob("*.json"):
        schema = json.loads(path.read_text("utf-8"))
        for place, each in _objects(schema, path.name.removesuffix(".schema.json")):
            for name, value in each["properties"].items():
                kinds = _listed(value.get("type"))
                if "array" in kinds and "items" not in value:
                    yield f"{place}.{name}[]"
                if "object" in kinds and "properties" not in value and name not in MAPS:
                    yield f"{place}.{name}"


def _types_of(schema: Mapping[str, Any]) -> list[str]:
    return sorted(_listed(schema.get("type")))


def text_of(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema, indent=2) + "\n"

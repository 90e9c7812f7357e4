"""Parts of the chart that are made from the tables of the product."""

import json
import re
from pathlib import Path
from typing import Any

from reconciler.files.schema import schema
from reconciler.setting_names import setting_names

CHART = Path(__file__).resolve().parents[2] / "deploy/chart"
VALUES = CHART / "values.schema.json"
SETTINGS = CHART / "files/settings.txt"
_BESIDE = ("version", "conference")
_LOOKAHEAD = re.compile(r"\(\?![^()]*(?:\([^()]*\)[^()]*)*\)")


def room_definitions() -> dict[str, Any]:
    """Definitions of a room for values.schema.json.

    The schema of roster files, without what the chart sets itself, descriptions, and
    lookaheads, which the regular expressions of Go do not have.
    """
    roster = _plain(schema())
    room = {key: roster[key] for key in ("type", "additionalProperties")}
    properties = roster["properties"] | roster["then"]["properties"]
    for key in (*_BESIDE, "people"):
        properties.pop(key)
    room["properties"] = properties
    room["patternProperties"] = roster["patternProperties"]
    return {"room": room, **roster["definitions"]}


def with_definitions(text: str) -> str:
    """*text* of values.schema.json with the definitions of a room."""
    for name, each in room_definitions().items():
        line = f'    "{name}": {json.dumps(each)}'.replace("\\", r"\\")
        text = re.sub(rf'(?m)^    "{name}": .*?(?=,?$)', line, text)
    return text


def settings_text() -> str:
    """The names of the product's variables, one a line."""
    return "".join(f"{name}\n" for name in sorted(setting_names()))


def write_generated() -> None:
    """Write the parts into the chart."""
    VALUES.write_text(with_definitions(VALUES.read_text("utf-8")), "utf-8")
    SETTINGS.write_text(settings_text(), "utf-8")


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, str):
        return _LOOKAHEAD.sub("", value)
    if not isinstance(value, dict):
        return value
    return {
        name: _plain(each)
        for name, each in value.items()
        if not (name == "description" and isinstance(each, str))
    }

"""JSON Schema of a profile: ``docs/twilio-profile.schema.json``.

``python -m tests.site.profile_schema`` prints it.
"""

import json

from reconciler.probe.catalogue import QUESTIONS, answer_names
from reconciler.probe.profile import PROFILE_VERSION


def profile_schema() -> dict[str, object]:
    """Draft-07, which is what yaml-language-server reads."""
    answer = {
        "type": "object",
        "required": ["answer"],
        "properties": {
            "answer": {"type": ["boolean", "number", "string"]},
            "question": {"type": "string"},
        },
    }
    request = {
        "type": "object",
        "required": ["request", "status", "at"],
        "properties": {
            "request": {"type": "string"},
            "form": {"type": "object"},
            "status": {"type": "integer"},
            "body": {},
            "at": {"type": "string"},
            "request_id": {"type": "string"},
            "repeated": {"type": "integer"},
            "last_at": {"type": "string"},
        },
    }
    names = sorted(answer_names())
    asked = [each.name for each in QUESTIONS]
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Twilio profile",
        "description": "What reconciler probe found out about one Twilio account.",
        "type": "object",
        "required": [
            "version",
            "account",
            "date",
            "product",
            "answers",
            "unanswered",
        ],
        "additionalProperties": False,
        "properties": {
            "version": {"const": PROFILE_VERSION},
            "account": {"type": "string", "pattern": "^sha256:[0-9a-f]{16}$"},
            "date": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"},
            "product": {"type": "string"},
            "answers": _keyed(names, answer),
            "unanswered": {
                "type": "object",
                "additionalProperties": {"type": "string"},
            },
            "evidence": _keyed(asked, {"type": "array", "items": request}),
        },
    }


def _keyed(names: list[str], value: object) -> dict[str, object]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": dict.fromkeys(names, value),
    }


if __name__ == "__main__":
    print(json.dumps(profile_schema(), indent=2))  # noqa: T201 - it is what this is for

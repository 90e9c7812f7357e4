"""What prism says of a request or an answer that its document does not allow."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

import httpx

HEADER = "sl-violations"


@dataclass(frozen=True, slots=True)
class Violation:
    """Where, from ``request`` or ``response`` on, and which rule of the schema."""

    place: str
    rule: str
    message: str


def in_header(response: httpx.Response) -> list[Violation]:
    """What is said in a header beside an answer."""
    return _read(json.loads(response.headers.get(HEADER, "[]")))


def in_problem(response: httpx.Response) -> list[Violation]:
    """What is said in place of an answer: of the request."""
    if response.headers.get("content-type") != "application/problem+json":
        return []
    return _read(response.json().get("validation", []))


def _read(rows: Iterable[dict[str, object]]) -> list[Violation]:
    return [
        Violation(
            ".".join(map(str, row["location"])),  # type: ignore[call-overload]
            str(row.get("code", "undeclared")),
            str(row["message"]),
        )
        for row in rows
    ]

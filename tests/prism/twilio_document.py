"""Twilio's own OpenAPI document, of which the paths are kept that are used here.

It is part of the package @twilio/cli-core of npm (MIT; the document itself:
Apache 2.0), which ``make`` fetches into ``build/prism``.
"""

import hashlib
import json
import tarfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

BUILD = Path(__file__).parents[2] / "build" / "prism"
ARCHIVE = BUILD / "twilio-cli-core-9.0.0.tgz"
DIGEST = "9fef3d7234dbce63ff3005a422f46fcf7e3486b369f852f61b3ede41097e5667"
ROOT = "/2010-04-01/Accounts/{AccountSid}"
PATHS = tuple(
    f"{ROOT}/{each}.json"
    for each in (
        "Conferences",
        "Conferences/{Sid}",
        "Conferences/{ConferenceSid}/Participants",
        "Conferences/{ConferenceSid}/Participants/{CallSid}",
        "Calls",
        "Calls/{Sid}",
        "IncomingPhoneNumbers",
        "OutgoingCallerIds",
    )
)
METHODS = frozenset({"get", "post", "delete"})


@cache
def document() -> Mapping[str, Any]:
    """The document with the paths in PATHS and the schemas that they refer to."""
    assert ARCHIVE.exists(), f"{ARCHIVE} is missing. Run: make prism"
    content = ARCHIVE.read_bytes()
    assert hashlib.sha256(content).hexdigest() == DIGEST, f"{ARCHIVE} is another one"
    with tarfile.open(ARCHIVE) as archive:
        name = "package/src/services/twilio-api/twilio_api_v2010.json"
        file = archive.extractfile(name)
        assert file
        whole = json.load(file)
    paths = {each: whole["paths"][each] for each in PATHS}
    schemas = whole["components"]["schemas"]
    kept = {name: schemas[name] for name in sorted(set(_referred(paths, schemas)))}
    components = {**whole["components"], "schemas": kept}
    return {**whole, "paths": paths, "components": components}


def operations() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Path, method and operation of everything in the document."""
    for path, methods in document()["paths"].items():
        for method in sorted(METHODS & methods.keys()):
            yield path, method, methods[method]


def create_parameters() -> frozenset[str]:
    """The names of what a create may be given, as they are sent."""
    path = f"{ROOT}/Conferences/{{ConferenceSid}}/Participants.json"
    body = document()["paths"][path]["post"]["requestBody"]["content"]
    return frozenset(body["application/x-www-form-urlencoded"]["schema"]["properties"])


def _referred(node: Any, schemas: Mapping[str, Any]) -> Iterator[str]:
    """The names of all schemas that *node* leads to."""
    if isinstance(node, list):
        for each in node:
            yield from _referred(each, schemas)
    elif isinstance(node, dict):
        reference = str(node.get("$ref", ""))
        if reference.startswith("#/components/schemas/"):
            name = reference.rpartition("/")[2]
            yield name
            yield from _referred(schemas[name], schemas)
        for each in node.values():
            yield from _referred(each, schemas)

"""Every parameter of the service, from a roster to the server."""

import json
from typing import Any

from reconciler.model.parameter import TABLE, Class, Parameter, ValueKind
from tests.cli.conftest import World

PLAIN = {
    ValueKind.TEXT: "some words",
    ValueKind.URL: "https://example.com/a?b=c&d=e",
    ValueKind.ENDPOINT: "+15550100009",
}
OWN = {
    "from": "+15550100001",
    "to": "sip:ann@example.com?x-team=a",
    "label": "ann b",
    "sip_auth_password": "${ROSTER_PASSWORD}",
    "call_sid_to_coach": None,
    "coaching": None,
    "hold": True,
    "muted": True,
    "time_limit": 3600,
}


def _value(parameter: Parameter) -> Any:
    if parameter.name in OWN:
        return OWN[parameter.name]
    match parameter.kind:
        case ValueKind.BOOLEAN:
            return True
        case ValueKind.INTEGER:
            return parameter.least or 3
        case ValueKind.WORD:
            return parameter.words[-1]
        case ValueKind.WORDS:
            return list(parameter.words[:2])
        case _:
            return PLAIN[parameter.kind]


def _wire(value: Any) -> list[str]:
    if isinstance(value, list):
        return value
    return [str(value).lower() if isinstance(value, bool) else str(value)]


def test_every_parameter_arrives_under_its_name_and_in_its_form(world: World) -> None:
    given = {each.name: _value(each) for each in TABLE if _value(each) is not None}
    member = {name: value for name, value in given.items() if name != "label"}
    roster = {
        "version": 1,
        "conference": "line",
        "participants": {"ann b": member, "guide": {"to": "client:guide"}},
        "from": "+15550100001",
    }
    world.write(json.dumps(roster))

    done = world.run("sync", ROSTER_PASSWORD="hidden")

    assert done.code == 0, done.err
    creates, updates = _forms(world)
    for each in TABLE:
        if each.name not in given:
            continue
        wanted = _wire(given[each.name])
        if each.secrecy == "reference":
            wanted = ["hidden"]
        if each.create:
            assert creates[each.wire] == wanted, each.name
        else:
            assert updates[each.wire] == wanted, each.name
    assert creates["Muted"] == ["true"]


def test_coaching_by_label_and_by_call_arrive_as_a_call_sid(world: World) -> None:
    people: dict[str, dict[str, Any]] = {
        "ann": {"to": "client:ann"},
        "sup": {"to": "client:sup", "coaching": "ann"},
    }
    roster: dict[str, Any] = {
        "version": 1,
        "conference": "line",
        "from": "+15550100001",
        "participants": people,
    }
    world.write(json.dumps(roster))
    assert world.run("sync").code == 0
    ann = world.people()["ann"]["call_sid"]
    people["other"] = {"to": "client:o", "coaching": True, "call_sid_to_coach": ann}
    world.write(json.dumps(roster))

    done = world.run("sync")

    assert done.code == 0, done.err
    for label in ("sup", "other"):
        person = world.people()[label]
        assert person["coaching"] is True
        assert person["call_sid_to_coach"] == ann


def _forms(world: World) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """What was sent of Ann: in her create, and in all updates together."""
    creates: dict[str, list[str]] = {}
    updates: dict[str, list[str]] = {}
    for write in world.writes():
        form = write["form"]
        if form.get("Label") == ["ann b"]:
            creates = form
        elif "Label" not in form:
            updates |= form
    return creates, updates


def test_the_table_knows_every_class() -> None:
    assert {each.cls for each in TABLE} == set(Class)

"""The schema is valid, and says of every value what the loader says."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.files.schema import schema
from reconciler.model.errors import Severity
from reconciler.model.parameter import TABLE
from tests.files.rosters import problems
from tests.sample_size import sample_size

REPOSITORY = Path(__file__).parents[2]
EXAMPLES = [
    *sorted((REPOSITORY / "desired").glob("*.yaml")),
    REPOSITORY / "reconciler/files/example.yaml",
]
ENVIRON = {"NAME": "x"}


@cache
def validator() -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(schema())


def schema_agrees(document: object) -> bool:
    return bool(validator().is_valid(document))


def loader_agrees(document: object) -> bool:
    found = problems(json.dumps(document, ensure_ascii=False), ENVIRON)
    return all(each.severity is Severity.WARNING for each in found)


def room(**rest: Any) -> dict[str, Any]:
    start = {"version": 1, "conference": "room", "from": "+15550100000"}
    return start | {"participants": {}} | rest


def of_member(**fields: Any) -> dict[str, Any]:
    return room(participants={"ann": {"to": "sip:ann@example.com"} | fields})


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft7Validator.check_schema(schema())


def test_the_schema_in_the_repository_is_the_one_that_is_generated() -> None:
    text = (REPOSITORY / "desired/roster.schema.json").read_text()

    assert json.loads(text) == schema()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_example_is_valid(path: Path) -> None:
    for document in yaml.safe_load_all(path.read_text()):
        validator().validate(repaired(document))


def test_the_example_is_loaded_without_a_warning() -> None:
    assert problems(EXAMPLES[-1].read_text()) == ()


def repaired(node: Any) -> Any:
    """A document as YAML 1.2 reads it: there ``on`` is a word."""
    if isinstance(node, list):
        return [repaired(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {"on" if key is True else key: repaired(x) for key, x in node.items()}


def test_every_parameter_is_described() -> None:
    members = schema()["definitions"]["member"]["properties"]

    for parameter in TABLE:
        assert parameter.about in members[parameter.name]["description"]


VALUES: st.SearchStrategy[Any] = (
    st.booleans()
    | st.integers(-2, 12_000)
    | st.integers(2**31 - 2, 2**31)
    | st.none()
    | st.sampled_from(sorted({word for each in TABLE for word in each.words}))
    | st.sampled_from(
        [
            "",
            "x",
            "x" * 255,
            "x" * 256,
            "+15550100001",
            "+0123",
            "client:bob?a=b",
            "client:",
            "sips:bob@example.com",
            "sip:bob",
            "app:AP" + "1" * 32,
            "app:AP1",
            "CA" + "f" * 32,
            "+266696687",
            "+2666966870",
            "sip:anonymous@anonymous.invalid",
            "sip:a@Anonymous.invalid:5060",
            "anonymous",
            "frontdesk",
            "http://a",
            "https://a.example/b?c=d",
            "https://",
            "ftp://a",
            "http://a b",
            "${NAME}",
            "30s",
            "1.5h",
            "soon",
            "ann",
            "initiated completed",
            "completed  failed",
        ]
    )
    | st.lists(st.sampled_from(["start", "end", "completed", "failed"]), max_size=2)
    | st.dictionaries(st.sampled_from(["a"]), st.booleans())
)


@pytest.mark.parametrize("name", [each.name for each in TABLE])
def test_schema_and_loader_agree_on_every_parameter(name: str) -> None:
    @settings(deadline=None, max_examples=sample_size(15, 60))
    @given(VALUES)
    def agree(value: Any) -> None:
        document = of_member(**{name: value})
        if name in SPANNING or value == "${NAME}":
            return
        assert schema_agrees(document) == loader_agrees(document)

    agree()


SPANNING = {"coaching", "label", "announce_method"}


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            ["on", "attempts", "backoff", "removals", "rings", "id", "url", "method"]
        ),
        VALUES | st.lists(st.sampled_from(["busy", "left", "bust"]), max_size=3),
        max_size=3,
    ),
    st.sampled_from(["redial", "limits", "announcements", "defaults"]),
)
def test_schema_and_loader_agree_on_every_mapping_of_a_room(
    values: dict[str, Any], where: str
) -> None:
    said = [values] if where == "announcements" else values
    document = room(**{where: said})
    if "${NAME}" not in values.values():
        assert schema_agrees(document) == loader_agrees(document)


@settings(deadline=None)
@given(
    st.sampled_from(
        [
            "version",
            "conference",
            "from",
            "unlisted",
            "on_change",
            "state",
            "x",
            "muted",
        ]
    ),
    VALUES | st.sampled_from(["keep", "hold", "redial", "open", "ended", 1, "CF"]),
)
def test_schema_and_loader_agree_on_every_key_of_a_room(name: str, value: Any) -> None:
    document = room(**{name: value})

    if value != "${NAME}":
        assert schema_agrees(document) == loader_agrees(document)


@settings(deadline=None)
@given(
    st.text(
        st.sampled_from("aZ09 -_.:/é日"),
        max_size=3,
    )
    | st.sampled_from(["a" * 128, "a" * 129, "CA" + "0" * 32, "CA" + "0" * 31, "yes"])
)
def test_schema_and_loader_agree_on_every_label(label: str) -> None:
    document = room(participants={label: {"to": "client:a"}})

    assert schema_agrees(document) == loader_agrees(document)


@pytest.mark.parametrize(
    ("document", "valid"),
    [
        ({"version": 1, "conference": "a"}, False),
        ({"version": 1, "conference": "a", "state": "ended"}, True),
        ({"version": 1, "conference": "a", "state": "open"}, False),
        ({"version": 1, "conference": "a", "participants": {}}, True),
        ({"version": 1, "participants": {}}, False),
        (room(participants={f"p{i}": {"to": f"client:{i}"} for i in range(250)}), True),
        (
            room(participants={f"p{i}": {"to": f"client:{i}"} for i in range(251)}),
            False,
        ),
        (of_member(coaching=True), False),
        (of_member(coaching=False), True),
        (of_member(coaching=True, call_sid_to_coach="CA" + "0" * 32), True),
        (of_member(coaching=False, call_sid_to_coach="CA" + "0" * 32), False),
        (of_member(announce_method="GET"), False),
        (of_member(announce_method="GET", announce_url="http://a"), True),
        (of_member(redial={"on": []}), True),
        (of_member(sip_auth_password="${NAME}"), True),
        (of_member(sip_auth_password="secret"), False),
    ],
)
def test_schema_and_loader_agree_on_what_spans_several_keys(
    document: dict[str, Any], *, valid: bool
) -> None:
    assert schema_agrees(document) is valid
    assert loader_agrees(document) is valid


def shared(**keys: Any) -> dict[str, Any]:
    return {"version": 1, **keys}


ANN = {"ann": {"to": "client:ann"}}
DAILY = {"when": "daily 08:00-10:00", "timezone": "Europe/Berlin"}
RULE = {"rrule": "FREQ=DAILY", "start": "2026-11-28T10:00", "duration": "2h"}


@pytest.mark.parametrize(
    ("document", "valid"),
    [
        (shared(people=ANN), True),
        (shared(people={}), True),
        (shared(people={"ann": {}}), False),
        (shared(people={"ann": {"to": "client:ann", "replaces": "bob"}}), False),
        (shared(people={"a/b": {"to": "client:ann"}}), False),
        (shared(people={"csv": 1}), False),
        (shared(people=ANN, groups={"g": ["ann"]}), True),
        (shared(groups={"g": []}), False),
        (shared(groups={"g": ["ann", "ann"]}), False),
        (shared(groups={"g": {"want": 1}}), False),
        (shared(groups={"g x": ["ann"]}), False),
        (shared(roles={"r": {"muted": True, "machine": "keep"}}), True),
        (shared(roles={"r": {"to": "client:ann"}}), False),
        (shared(roles={"r": {"role": "q"}}), False),
        (shared(roles={"others": {}}), False),
        (shared(modes={"m": {"ann": {"hold": True}, "unlisted": "hold"}}), True),
        (shared(modes={"m": {"ann": {"beep": True}}}), False),
        (shared(modes={"m": {"unlisted": "drop"}}), False),
        (shared(modes={"normal": {}}), False),
        (shared(people=ANN, **{"x-any": [{"thing": None}]}), True),
        (shared(people=ANN, participants={}), False),
        (shared(), False),
        (room(groups={"g": {"members": ["ann"], "want": 1}}, participants=ANN), True),
        (room(groups={"g": ["ann"]}, participants=ANN), True),
        (room(groups={"g": {"members": ["ann"], "want": 0}}, participants=ANN), False),
        (room(groups={"g": {"members": ["ann"], "each": 4}}, participants=ANN), False),
        (room(groups={"g": {"members": ["ann"], "late": "x"}}, participants=ANN), False),
        (room(groups={"g": {"members": ["ann"], "order": "x"}}, participants=ANN), False),
        (room(people=ANN), False),
        (room(notify=["left", "no-answer"]), True),
        (room(notify="left stalled"), True),
        (room(notify=["gone"]), False),
        (room(timezone="Europe/Berlin"), True),
        (room(timezone=1), False),
        (room(schedule=[{**DAILY, "state": "open"}, {"otherwise": True, "state": "ended"}]), True),
        (room(schedule=[{**RULE, "timezone": "Europe/Berlin", "mode": "normal"}]), True),
        (room(schedule=[DAILY]), False),
        (room(schedule=[]), False),
        (room(schedule=[{"state": "open"}]), False),
        (room(schedule=[{**DAILY, "state": "shut"}]), False),
        (room(schedule=[{**DAILY, "state": "open", "rrule": "FREQ=DAILY"}]), False),
        (room(schedule={**DAILY, "state": "open"}), False),
        (of_member(schedule=DAILY), True),
        (of_member(schedule=[DAILY]), True),
        (of_member(schedule={**DAILY, "state": "open"}), False),
        (of_member(protect=True, priority=5), True),
        (of_member(protect="x"), False),
        (of_member(priority=0), False),
        (of_member(priority=6), False),
        (of_member(machine="hold", machine_detection="Enable"), True),
        (of_member(machine="drop"), False),
        (of_member(replaces="bob"), True),
        (of_member(replaces={"label": "bob", "settle": "5s", "deadline": 120, "then": "keep"}), True),
        (of_member(replaces={"label": "bob", "then": "keep"}), False),
        (of_member(replaces={"settle": "5s"}), False),
        (of_member(replaces={"label": "bob", "settle": 90000}), False),
    ],
)  # fmt: skip
def test_schema_and_loader_agree_on_what_is_declared_over_time(
    document: dict[str, Any], *, valid: bool
) -> None:
    assert schema_agrees(document) is valid
    assert loader_agrees(document) is valid

"""Every parameter of the table is taken and lands where its class says."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.caller import WITHHELD_NUMBERS, WITHHELD_WORDS, withheld
from reconciler.model.errors import Severity
from reconciler.model.parameter import BY_NAME, TABLE, Class, Parameter, ValueKind
from reconciler.model.roster import (
    Announcement,
    Cause,
    Limits,
    Member,
    OnChange,
    Redial,
    RoomState,
    Unlisted,
    Value,
)
from tests.files.rosters import HEAD, ann, loaded, problems, roster, with_members

APP = "app:AP" + "0" * 32
SID = "CA" + "0a" * 16
APART = {"to", "from", "label", "coaching", "call_sid_to_coach", "sip_auth_password"}
PLAIN = [
    each for each in TABLE if each.name not in APART and each.cls is not Class.ONE_SHOT
]


def values(parameter: Parameter) -> st.SearchStrategy[Any]:
    """Values of *parameter* as a file may hold them."""
    words = st.sampled_from(parameter.words or ("",))
    text = st.characters(codec="utf-8", exclude_categories=("C", "Z"))
    return {
        ValueKind.BOOLEAN: st.booleans(),
        ValueKind.INTEGER: st.integers(
            parameter.least or 0, parameter.most or 2**31 - 1
        ),
        ValueKind.TEXT: st.text(
            text, min_size=parameter.least or 0, max_size=20
        ).filter(lambda each: "$" not in each),
        ValueKind.WORD: words,
        ValueKind.WORDS: st.lists(words, min_size=1, unique=True),
        ValueKind.URL: st.from_regex(
            r"\Ahttps?://[a-z0-9]{1,9}\.example(/[a-z]{0,9})?\Z", fullmatch=True
        ),
        ValueKind.ENDPOINT: st.from_regex(r"\A\+[1-9][0-9]{6,14}\Z", fullmatch=True),
    }[parameter.kind]


def read_as(parameter: Parameter, value: Any) -> Value:
    """What a roster holds for *value*: words in the order of the table."""
    if isinstance(value, list):
        return tuple(each for each in parameter.words if each in value)
    result: Value = value
    return result


def held(member: Member, name: str) -> object:
    """The value of a parameter, wherever its class puts it."""
    match BY_NAME[name].cls:
        case Class.STATE:
            return getattr(member, name)
        case Class.CREATE_ONLY:
            return dict(member.create_only)[name]
        case Class.WRITE_ONLY:
            return dict(member.write_only)[name]
        case Class.IDENTITY | Class.ONE_SHOT:
            raise AssertionError(name)


FIELDS = st.fixed_dictionaries({}, optional={each.name: values(each) for each in PLAIN})


@settings(deadline=None)
@given(FIELDS)
def test_every_roster_of_the_table_is_read_back_as_written(
    fields: dict[str, Any],
) -> None:
    document = {
        "version": 1,
        "conference": "room",
        "from": "+15550100000",
        "participants": {"ann": {"to": "+15550100001", **fields}},
    }

    (member,) = roster(json.dumps(document, ensure_ascii=False)).members

    for name, value in fields.items():
        assert held(member, name) == read_as(BY_NAME[name], value)
    assert member.create_only == tuple(sorted(member.create_only))
    assert {name for name, _ in member.create_only} <= {
        each.name for each in TABLE if each.cls is Class.CREATE_ONLY
    }


@settings(deadline=None)
@given(st.text() | st.binary())
def test_no_input_whatever_raises_anything_but_a_roster_error(
    content: str | bytes,
) -> None:
    if isinstance(content, str):
        content = content.encode(errors="surrogatepass")
    problems(content)


NONSENSE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda each: (
        st.lists(each, max_size=3)
        | st.dictionaries(
            st.sampled_from([*BY_NAME, "redial", "announcements", "on", "id"])
            | st.text(max_size=5),
            each,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(NONSENSE, NONSENSE, NONSENSE)
def test_no_shape_of_document_raises_anything_but_a_roster_error(
    member: object, defaults: object, rest: object
) -> None:
    document = {
        "version": 1,
        "conference": "room",
        "defaults": defaults,
        "participants": {"ann": member},
        "redial": rest,
        "limits": rest,
        "announcements": rest,
    }
    problems(json.dumps(document))


@settings(deadline=None)
@given(
    FIELDS,
    st.sampled_from(["yes", "[", "*a", "&a", "!x", "\t", "- ", "'", "${"]),
    st.integers(0),
)
def test_a_broken_line_raises_nothing_but_a_roster_error(
    fields: dict[str, Any], piece: str, place: int
) -> None:
    text = with_members(f"  ann: {json.dumps(fields)}\n")
    at = place % len(text)
    problems(text[:at] + piece + text[at:])


@pytest.mark.parametrize("parameter", TABLE, ids=lambda each: str(each.name))
def test_every_parameter_of_twilio_may_be_given(parameter: Parameter) -> None:
    samples: dict[str, str] = {
        "to": '"client:ann"',
        "from": '"+15550100007"',
        "label": "ann",
        "coaching": "false",
        "call_sid_to_coach": SID,
        "sip_auth_password": '"${SECRET}"',
        "announce_method": "POST, announce_url: http://a.example",
    }
    kinds = {
        ValueKind.BOOLEAN: "true",
        ValueKind.INTEGER: str(parameter.least or 1),
        ValueKind.TEXT: "text",
        ValueKind.WORD: parameter.words[0] if parameter.words else "",
        ValueKind.WORDS: f"[{', '.join(parameter.words)}]",
        ValueKind.URL: '"https://a.example"',
        ValueKind.ENDPOINT: '"+15550100007"',
    }
    to = "" if parameter.name == "to" else 'to: "+15550100001", '
    value = samples.get(parameter.name, kinds[parameter.kind])
    text = with_members(f"  ann: {{{to}{parameter.name}: {value}}}\n")

    found = problems(text, {"SECRET": "s"})
    assert all(each.severity is Severity.WARNING for each in found), found


@pytest.mark.parametrize(
    "to",
    [
        "+15551230001",
        "+1234567",
        "+123456789012345",
        "client:bob",
        "client:bob?team=a&floor=2",
        "sip:bob@example.com",
        "sip:bob@example.com:5060;transport=tls?x-team=a",
        "sips:bob@example.com",
        APP,
        f"{APP}?team=a",
    ],
)
def test_an_address_that_twilio_rings_is_taken(to: str) -> None:
    (member,) = roster(with_members(f'  ann: {{to: "{to}"}}\n')).members

    assert member.to == to


@pytest.mark.parametrize(
    ("beep", "value"),
    [("true", "true"), ("false", "false"), ('"true"', "true"), ("onExit", "onExit")],
)
def test_true_and_false_are_words_where_twilio_lists_them(
    beep: str, value: str
) -> None:
    assert ann(f"beep: {beep}").create_only == (("beep", value),)


@pytest.mark.parametrize("events", ["[ringing, initiated]", '"ringing initiated"'])
def test_words_are_a_list_or_a_text_and_keep_the_order_of_the_table(
    events: str,
) -> None:
    fields = ann(f"status_callback_event: {events}").create_only

    assert fields == (("status_callback_event", ("initiated", "ringing")),)


def test_an_empty_wait_url_is_silence() -> None:
    assert ann('wait_url: ""').write_only == (("wait_url", ""),)


def test_what_is_left_out_is_no_opinion() -> None:
    assert ann("timeout: 30") == Member(
        "ann", "+15550100001", "+15550100000", create_only=(("timeout", 30),)
    )


@pytest.mark.parametrize(
    ("said", "coaching"),
    [
        ("coaching: false", False),
        (f"call_sid_to_coach: {SID}", SID),
        (f"coaching: true, call_sid_to_coach: {SID}", SID),
    ],
)
def test_coaching_is_nobody_or_a_call(said: str, coaching: object) -> None:
    assert ann(said).coaching == coaching


def test_coaching_a_label_is_kept_as_the_label() -> None:
    lines = '  "true": {to: "client:a"}\n  b: {to: "client:b", coaching: "true"}\n'

    assert roster(with_members(lines)).members[1].coaching == "true"


def test_a_member_says_it_over_the_defaults_and_these_over_the_room() -> None:
    text = HEAD + (
        "on_change: redial\n"
        "redial: {attempts: 5, backoff: 2m}\n"
        'defaults: {from: "+15550100008", muted: false, timeout: 9, on_change: keep}\n'
        "participants:\n"
        '  a: {to: "client:a"}\n'
        '  b: {to: "client:b", from: "+15550100009", muted: true, timeout: 8,\n'
        "      redial: {on: [left]}, on_change: redial}\n"
    )

    first, second = roster(text).members

    assert (first.sender, first.muted) == ("+15550100008", False)
    assert first.create_only == (("timeout", 9),)
    assert first.on_change is OnChange.KEEP
    assert first.redial == Redial(attempts=5, backoff=120.0)
    assert (second.sender, second.muted) == ("+15550100009", True)
    assert second.create_only == (("timeout", 8),)
    assert second.on_change is OnChange.REDIAL
    assert second.redial == Redial(on=(Cause.LEFT,), attempts=5, backoff=120.0)


@pytest.mark.parametrize(
    ("redial", "expected"),
    [
        ("{on: [], attempts: 1}", Redial(on=(), attempts=1)),
        ("{on: left}", Redial(on=(Cause.LEFT,))),
        ('{on: "busy left"}', Redial(on=(Cause.BUSY, Cause.LEFT))),
        ("{backoff: 1h}", Redial(backoff=3600.0)),
        ("{backoff: 45}", Redial(backoff=45.0)),
        ('{backoff: "1.5m"}', Redial(backoff=90.0)),
    ],
)
def test_a_redial_policy_is_read(redial: str, expected: Redial) -> None:
    assert ann(f"redial: {redial}").redial == expected


def test_the_announcements_of_the_room_come_before_those_of_a_member() -> None:
    text = HEAD + (
        'announcements: [{id: a, url: "http://a"}, {id: b, url: "http://b"}]\n'
        "participants:\n"
        '  x: {to: "client:x"}\n'
        '  y: {to: "client:y", announcements: [{id: b, url: "http://c", method: GET}],\n'
        '      announce_url: "http://d", announce_method: POST}\n'
    )

    first, second = roster(text).members

    a, b = Announcement("a", "http://a"), Announcement("b", "http://b")
    assert first.announcements == (a, b)
    assert second.announcements == (
        a,
        Announcement("b", "http://c", "GET"),
        Announcement("announce_url:http://d", "http://d", "POST"),
    )


def test_a_room_is_read_with_everything_it_says() -> None:
    text = HEAD + "unlisted: remove\nlimits: {rings: 0}\nparticipants: {}\n"

    room = roster(text)

    assert (room.room, room.members, room.state) == ("room", (), RoomState.OPEN)
    assert room.unlisted is Unlisted.REMOVE
    assert room.limits == Limits(removals=3, rings=0)
    assert room.source.endswith("line.yaml:1")


def test_a_room_that_ended_needs_no_participants() -> None:
    room = roster("version: 1\nconference: room\nstate: ended\n")

    assert (room.state, room.members) == (RoomState.ENDED, ())


def test_several_rooms_of_a_file_each_know_their_line() -> None:
    text = f"---\n{HEAD}participants: {{}}\n---\n---\n" + HEAD.replace("room", "b")

    found = loaded(text + "participants: {}\n").rosters

    assert [(r.room, r.source.rpartition(":")[2]) for r in found] == [
        ("room", "2"),
        ("b", "8"),
    ]


def test_anchors_aliases_and_merges_are_allowed() -> None:
    lines = (
        '  a: &a {to: "client:a", muted: true, timeout: &t 9}\n'
        '  b: {<<: *a, to: "client:b", hold: false}\n'
        "  c: {<<: [{to: 'client:c', muted: false}, *a], time_limit: *t}\n"
    )

    _, second, third = roster(with_members(lines)).members

    assert (second.to, second.muted, second.hold) == ("client:b", True, False)
    assert (third.to, third.muted) == ("client:c", False)
    assert third.create_only == (("time_limit", 9), ("timeout", 9))


def test_a_byte_order_mark_is_no_mistake() -> None:
    text = "\ufeff" + with_members('  ann: {to: "client:a"}\n')

    assert problems(text) == ()


def test_a_sip_address_may_be_shown_a_bare_name() -> None:
    lines = '  a: {to: "sip:a@example.com", from: frontdesk}\n'

    (member,) = roster(with_members(lines)).members

    assert member.sender == "frontdesk"


@pytest.mark.parametrize(
    "to",
    [
        *sorted(WITHHELD_NUMBERS),
        *sorted(WITHHELD_WORDS),
        "Anonymous",
        "+RESTRICTED",
        "sip:anonymous@anonymous.invalid",
        "sip:Anonymous@10.0.0.1;transport=tls",
        "sips:c8oqz84zk7z@anonymous.invalid:5061",
    ],
)
def test_what_stands_for_a_withheld_number_is_nobody_and_cannot_be_rung(
    to: str,
) -> None:
    assert withheld(to)
    (found,) = problems(with_members(f'  ann: {{to: "{to}"}}\n'))
    assert "callers who withhold their number" in found.message


@pytest.mark.parametrize("nothing", ["", "  "])
def test_no_address_at_all_identifies_nobody(nothing: str) -> None:
    assert withheld(nothing)


@pytest.mark.parametrize(
    "to", ["+2666966870", "client:anonymous", "sip:unknown@example.com", "sip:a@b"]
)
def test_an_address_that_only_resembles_a_withheld_one_is_taken(to: str) -> None:
    assert not withheld(to)
    assert problems(with_members(f'  ann: {{to: "{to}"}}\n')) == ()

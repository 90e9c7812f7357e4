"""Every mistake is named by its place, and says what to write instead."""

import pytest

from reconciler.model.errors import Severity
from tests.files.rosters import HEAD, problems, with_ann, with_members

SID = "CA" + "0" * 32

FIELDS = [
    ("muted: yes", 40, "muted must be true or false", "here: true"),
    ("muted: off", 40, "muted must be true or false", "here: false"),
    ("muted: True", 40, "muted must be true or false", "in small letters"),
    ('muted: "true"', 40, "muted must be true or false", "without quotes"),
    ("muted: 1", 40, "muted must be true or false", "remove the key"),
    ("muted: null", 40, "muted is null", "remove the key to leave it undeclared"),
    ("muted: ~", 40, "muted is null", "remove the key"),
    ("muted: [true]", 40, "muted must be a single value", ""),
    ("muted: !!bool true", 40, "muted has a YAML tag", "begins with !"),
    ("muted: !vault x", 40, "muted has a YAML tag", "begins with !"),
    ("muted: true, muted: true", 46, "'muted' is given twice", ""),
    (
        "mutd: true",
        33,
        "unknown key 'mutd' in participant 'ann'",
        "did you mean 'muted'?",
    ),
    ("EndConferenceOnExit: true", 33, "unknown key", "'end_conference_on_exit'?"),
    ("zzz: true", 33, "unknown key 'zzz'", ""),
    ("[a]: true", 33, "must be a word", ""),
    ("timeout: 4", 42, "timeout must be from 5 to 600, not 4", ""),
    ("timeout: 601", 42, "timeout must be from 5 to 600, not 601", ""),
    ('timeout: "30"', 42, "timeout must be a whole number", "remove the quotes"),
    ("timeout: 1.5", 42, "timeout must be a whole number", "in digits"),
    ("timeout: 010", 42, "timeout must be a whole number", "in digits"),
    ("time_limit: 99999999999999999999", 45, "time_limit must be from", ""),
    ("beep: onenter", 39, "beep must be one of", "did you mean 'onEnter'?"),
    ("beep: yes", 39, "beep must be one of", "write true or false"),
    ("hold_method: PUT", 46, "hold_method must be one of GET, POST", ""),
    ("status_callback_event: [ringin]", 57, "must be one of", "'ringing'?"),
    ('status_callback_event: "ringing end"', 56, "must be some of", ""),
    ("status_callback_event: []", 56, "is empty", "remove the key"),
    ("status_callback_event: {a: b}", 56, "must be a single value", ""),
    ('hold_url: "ftp://example.com"', 43, "must be an http or https URL", "https://"),
    ('hold_url: "https://a b"', 43, "must be an http or https URL", "%20"),
    ('hold_url: ""', 43, "must be an http or https URL", ""),
    ('wait_url: "example.com"', 43, '("" is silence)', ""),
    ('caller_display_name: "x"', 54, "must have 2 to 255 characters", ""),
    ('call_reason: "a\\nb"', 46, "contains a line break", ""),
    ("call_reason: 12", 46, "quote it, because YAML reads 12 as a number", '"12"'),
    ("call_reason: no", 46, "reads no as true or false", 'call_reason: "no"'),
    ("label: bob", 40, "the key is the label, 'ann'", "rename the key"),
    ("coaching: bob", 43, "no participant has the label 'bob'", ""),
    ("coaching: ann", 43, "'ann' cannot coach themselves", ""),
    ("coaching: true", 43, "does not name the participant", "call_sid_to_coach"),
    ("coaching: True", 43, "coaching must be a label, true or false", ""),
    ("coaching: yes", 43, "quote it, because YAML reads yes as true or false", '"yes"'),
    ("call_sid_to_coach: CA12", 52, "must be CA followed by 32 hexadecimal digits", ""),
    (f"coaching: false, call_sid_to_coach: {SID}", 50, "is given twice", ""),
    ("announce_method: GET", 33, "announce_method needs announce_url", ""),
    ("announcements: {}", 48, "announcements must be a list", "- {id"),
    ("announcements: [{id: a}]", 49, "an announcement needs url", ""),
    ('announcements: [{id: "", url: "http://a"}]', 54, "an id has 1 to 256", ""),
    ("on_change: redail", 44, "on_change must be one of", "'redial'?"),
    ("redial: {attempts: 0}", 52, "attempts must be from 1 to 100", ""),
    ("redial: {attempts: 101}", 52, "attempts must be from 1 to 100", ""),
    ("redial: {on: [bussy]}", 47, "on must be one of", "'busy'?"),
    ("redial: {backoff: soon}", 51, "backoff must be a duration", "30s, 2m, 1h"),
    ("redial: {backoff: 25h}", 51, "backoff must be at most 24h", ""),
    ("redial: {attemps: 3}", 42, "unknown key 'attemps' in redial", "'attempts'?"),
    ("redial: no", 41, "redial must be a mapping", ""),
    ('from: "app:AP00000000000000000000000000000000"', 39, "cannot be the caller", ""),
    ('from: "client:ann"', 39, "only be called from a phone number", 'from: "+1…"'),
    ('from: "frontdesk"', 39, "only be called from a phone number", ""),
    ('caller_id: "client:ann"', 44, "caller_id: a phone can only be called", ""),
    ("sip_auth_password: hunter2", 52, "must not be written in a file", "${NAME}"),
    ("sip_auth_password: 12345678", 52, "quote it", ""),
    ('call_reason: "${}"', 46, "reference to the environment is not complete", "$${"),
    ('call_reason: "${A:-b}"', 46, "is not complete", ""),
    ('call_reason: "${NOT_SET}"', 46, "variable NOT_SET is not set", "set NOT_SET"),
    ('call_reason: "${EMPTY"', 46, "is not complete", "write ${NAME}"),
    ('sip_auth_password: "${NOT_SET}"', 52, "NOT_SET is not set", "set NOT_SET"),
]


@pytest.mark.parametrize(
    ("fields", "column", "message", "hint"), FIELDS, ids=[each[0] for each in FIELDS]
)
def test_a_mistake_in_a_member_is_named_by_its_place(
    fields: str, column: int, message: str, hint: str
) -> None:
    found = problems(with_ann(fields))

    assert [(each.line, each.column) for each in found] == [(5, column)]
    assert message in found[0].message
    assert hint in found[0].hint
    assert found[0].severity is Severity.ERROR
    assert found[0].file.endswith("line.yaml")


ENDPOINTS = [
    (
        "+15551230001",
        "quote it, because YAML reads +15551230001 as a number",
        '"+15551230001"',
    ),
    (
        "15551230001",
        "quote it, because YAML reads 15551230001 as a number",
        '"+15551230001"',
    ),
    ('"15551230001"', "must begin with + and the country code", "such as +1"),
    (
        '"+1 555 123 0001"',
        "must not contain spaces, dashes, dots or brackets",
        "'+15551230001'",
    ),
    (
        '"+1-555-123-0001"',
        "must not contain spaces, dashes, dots or brackets",
        "'+15551230001'",
    ),
    (
        '"+1 (555) 123.0001"',
        "must not contain spaces, dashes, dots or brackets",
        "'+15551230001'",
    ),
    ('"0044 20 7946 0000"', "00 is not an international prefix", "'+442079460000'"),
    ('"tel:+15551230001"', "Twilio does not support tel: addresses", "'+15551230001'"),
    ('"+15551230001,,123#"', "cannot send digits or an extension", "'+15551230001'"),
    ('"+15551230001 ext. 5"', "cannot send digits or an extension", "'+15551230001'"),
    ('"+15551230001x5"', "cannot send digits or an extension", "'+15551230001'"),
    ('"+15551230001;ext=5"', "cannot send digits or an extension", ""),
    ('"+15551230001?a=b"', "cannot have custom parameters", "'+15551230001'"),
    ('"+05551230001"', "country codes do not begin with 0", ""),
    ('"+12345"', "7 to 15 digits after the +; this one has 5", ""),
    ('"+1234567890123456"', "this one has 16", ""),
    ('"bob@example.com"', "begins with sip:", "'sip:bob@example.com'"),
    ('"SIP:bob@example.com"', "in small letters", "'sip:bob@example.com'"),
    ('"sip:bob"', "sip: needs user@host", "sip:user@host"),
    ('"client:"', "client: needs a name", "client:name"),
    ('"client:a b"', "client: needs a name without spaces", ""),
    ('"app:AP12"', "app: needs AP followed by 32 hexadecimal digits", ""),
    ('"AP' + "0" * 32 + '"', "begins with app:", "app:AP"),
    ("bob", "not an address that Twilio supports", "write +E.164, client:name"),
    ('""', "not an address that Twilio supports", ""),
    ('"client:' + "a" * 1100 + '"', "at most 1024 characters", ""),
    ('"' + "1 " * 5000 + '"', "at most 1024 characters", ""),
]


@pytest.mark.parametrize(
    ("to", "message", "hint"), ENDPOINTS, ids=[each[0][:30] for each in ENDPOINTS]
)
def test_a_wrong_address_is_refused_with_the_pitfall_named(
    to: str, message: str, hint: str
) -> None:
    (found,) = problems(with_members(f"  ann: {{to: {to}}}\n"))

    assert (found.line, found.column) == (5, 13)
    assert message in found.message
    assert hint in found.hint


LABELS = [
    ("12", "YAML reads 12 as a number", '"12":'),
    ("yes", "YAML reads yes as true or false", '"yes":'),
    ("true", "YAML reads true as true or false", '"true":'),
    ("null", "YAML reads null as null", '"null":'),
    ('""', "1 to 128 characters, not 0", ""),
    ("a" * 129, "1 to 128 characters, not 129", ""),
    ("a/b", "a label must not contain /", "'a-b'"),
    ("a%2fb", "a label must not contain %2f", "'a-b'"),
    ("a%2Fb", "a label must not contain %2F", "'a-b'"),
    (SID, "the shape of a call SID", ""),
    ('" ann"', "must not begin or end with a space", "'ann'"),
    ('"a\\tb"', "control character", ""),
    ("!x ann", "a label has a YAML tag", ""),
]


@pytest.mark.parametrize(
    ("label", "message", "hint"), LABELS, ids=[each[0][:12] for each in LABELS]
)
def test_a_key_that_twilio_would_not_take_as_a_label_is_refused(
    label: str, message: str, hint: str
) -> None:
    (found,) = problems(with_members(f'  {label}: {{to: "client:x"}}\n'))

    assert (found.line, found.column) == (5, 3)
    assert message in found.message
    assert hint in found.hint


PEOPLE = "participants: {}\n"
START = "version: 1\nconference: room\n"
DOCUMENTS = [
    ("conference: room\n" + PEOPLE, 1, 1, "needs version", "begin with version: 1"),
    ('version: "1"\nconference: r\n' + PEOPLE, 1, 10, "must be a number", "version: 1"),
    (
        "version: 2\nconference: r\n" + PEOPLE,
        1,
        10,
        "unsupported version 2",
        "version: 1",
    ),
    ("version: 1\n" + PEOPLE, 1, 1, "needs the key conference", "conference: my-room"),
    ("version: 1\nconference: 7\n" + PEOPLE, 2, 13, "must be text: quote it", '"7"'),
    ('version: 1\nconference: ""\n' + PEOPLE, 2, 13, "has 1 to 128 characters", ""),
    (f"version: 1\nconference: CF{'0' * 32}\n" + PEOPLE, 2, 13, "conference SID", ""),
    (START, 1, 1, "needs participants", "participants: {} for nobody"),
    (START + "participants:\n", 3, 14, "participants is null", "{} for nobody"),
    (START + "participants: []\n", 3, 15, "must be a mapping", ""),
    (START + "state: closed\n" + PEOPLE, 3, 8, "state must be one of open, ended", ""),
    (START + "unlisted: kick\n" + PEOPLE, 3, 11, "must be one of keep, mute", ""),
    (START + "limits: {rings: -1}\n" + PEOPLE, 3, 17, "rings must be from 0", ""),
    (
        START + f"limits: {{rings: {'9' * 23}}}\n" + PEOPLE,
        3,
        17,
        "to 2147483647, not",
        "",
    ),
    (START + "limits: {ring: 1}\n" + PEOPLE, 3, 10, "unknown key 'ring'", "'rings'?"),
    (START + "muted: true\n" + PEOPLE, 3, 1, "unknown key 'muted'", "in defaults"),
    (START + "participant: {}\n" + PEOPLE, 3, 1, "unknown key", "'participants'?"),
    (START + "defaults: {to: x}\n" + PEOPLE, 3, 12, "'to'", "on each participant"),
    (START + "defaults: {coaching: x}\n" + PEOPLE, 3, 12, "'coaching'", "on each"),
    (
        START + 'from: "+1 555"\n' + PEOPLE,
        3,
        7,
        "from: a phone number must not contain",
        "'+1",
    ),
    ("- version: 1\n", 1, 1, "a roster must be a mapping", ""),
    ("just text\n", 1, 1, "a roster must be a mapping", ""),
    (START + "participants: {a: }\n", 3, 19, "must be a mapping", ""),
    (
        START + 'participants: {a: {from: "+15550100000"}}\n',
        3,
        16,
        "has no 'to'",
        "add",
    ),
    (START + 'participants: {a: {to: "client:a"}}\n', 3, 16, "has no 'from'", "room"),
    (START + "<<: 5\n" + PEOPLE, 3, 5, "the value of << must be a mapping", ""),
]


@pytest.mark.parametrize(
    ("text", "line", "column", "message", "hint"),
    DOCUMENTS,
    ids=[each[0][:75].replace("\n", " ") for each in DOCUMENTS],
)
def test_a_mistake_in_a_room_is_named_by_its_place(
    text: str, line: int, column: int, message: str, hint: str
) -> None:
    (found,) = problems(text)

    assert (found.line, found.column) == (line, column)
    assert message in found.message
    assert hint in found.hint


NOT_YAML = [
    ("a: b\n\tc: d\n", 2, 1, "tab", "indent with spaces"),
    ("\ta: b\n", 1, 1, "cannot start any token", "indent with spaces"),
    ("a: b: c\n", 1, 5, "mapping values are not allowed", "quote text"),
    ("a: [b\n", 2, 1, "did not find expected", ""),
    ("{a: ${NAME}}\n", 1, 6, "did not find expected", '"${NAME}"'),
    ("a: *b\n", 1, 4, "undefined alias", ""),
    ("a: \x07\n", 1, 4, "control characters are not allowed", ""),
    ("é: 1\n日本: \x07\n", 2, 5, "control characters are not allowed", ""),
    ("%YAML 3.0\n---\na\n", 1, 1, "incompatible YAML document", ""),
    ("[" * 100_000, 1, 32, "nested too deeply", ""),
    ("- " * 100_000, 1, 63, "nested too deeply", ""),
    ("{a: " * 100_000, 1, 125, "nested too deeply", ""),
]


@pytest.mark.parametrize(
    ("text", "line", "column", "message", "hint"),
    NOT_YAML,
    ids=[each[0][:10] for each in NOT_YAML],
)
def test_what_is_not_yaml_is_named_by_its_place(
    text: str, line: int, column: int, message: str, hint: str
) -> None:
    (found,) = problems(text)

    assert message in found.message
    assert hint in found.hint
    assert (found.line, found.column) == (line, column)


def test_what_is_not_utf_8_is_named_by_its_place() -> None:
    (found,) = problems(HEAD.encode() + b"# caf\xe9\n")

    assert (found.line, found.column, found.message) == (4, 6, "not UTF-8")
    assert "UTF-8" in found.hint


def test_all_mistakes_are_told_in_one_run_in_the_order_of_the_file() -> None:
    text = with_members(
        '  ann: {to: "+1 5", muted: yes}\n  bob: {to: x, hold: off}\n  12: {}\n'
    )

    places = [(each.line, each.column) for each in problems(text)]

    assert places == [(5, 13), (5, 28), (6, 13), (6, 22), (7, 3), (7, 3)]


def test_a_document_before_a_syntax_error_is_checked_too() -> None:
    found = problems(with_ann("muted: yes") + "---\na: b: c\n")

    assert [each.line for each in found] == [5, 7]


def test_the_first_place_of_a_key_given_twice_is_told() -> None:
    (found,) = problems(with_ann("muted: true, muted: false"))

    assert found.message.endswith("line.yaml:5:33")


def test_a_problem_shows_its_line_of_source() -> None:
    (found,) = problems(with_ann("muted: yes"))

    assert found.snippet == '  ann: {to: "+15550100001",     muted: yes}'


CIRCLES = [
    ({"a": "b", "b": "a"}, ["a → b → a"]),
    ({"a": "b", "b": "c", "c": "a"}, ["a → b → c → a"]),
    ({"x": "b", "a": "b", "b": "c", "c": "a"}, ["a → b → c → a"]),
    ({"a": "b", "b": "a", "c": "d", "d": "c"}, ["a → b → a", "c → d → c"]),
    ({"a": "b", "b": "c", "c": None}, []),
]


@pytest.mark.parametrize(("coaches", "circles"), CIRCLES)
def test_each_circle_of_coaches_is_told_once(
    coaches: dict[str, str | None], circles: list[str]
) -> None:
    lines = [
        f'  {label}: {{to: "client:{label}"{f", coaching: {whom}" if whom else ""}}}\n'
        for label, whom in coaches.items()
    ]

    found = problems(with_members("".join(lines)))

    assert [each.message for each in found] == [
        f"circular coaching: {circle}" for circle in circles
    ]


def test_a_mistyped_label_of_a_coach_is_guessed() -> None:
    lines = '  ann: {to: "client:a"}\n  sup: {to: "client:b", coaching: anm}\n'

    (found,) = problems(with_members(lines))

    assert (found.line, found.column, found.hint) == (6, 35, "did you mean 'ann'?")


def test_coaching_somebody_on_hold_is_a_warning() -> None:
    lines = '  a: {to: "client:a", hold: true}\n  b: {to: "client:b", coaching: a}\n'

    (found,) = problems(with_members(lines))

    assert (found.line, found.column) == (6, 33)
    assert found.severity is Severity.WARNING
    assert "on hold and cannot hear a coach" in found.message


def test_two_members_with_one_address_are_a_warning() -> None:
    lines = '  a: {to: "client:a"}\n  b: {to: "client:a"}\n'

    (found,) = problems(with_members(lines))

    assert (found.line, found.column) == (6, 3)
    assert found.severity is Severity.WARNING
    assert found.message == "'b' and 'a' have the same 'to'"
    assert found.hint == "the phone will ring once for each"


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("conference_status_callback", "the conference's events"),
        ("status_callback", "the events of this person's call"),
    ],
)
def test_a_callback_that_takes_events_away_is_a_warning(name: str, taken: str) -> None:
    lines = f'  a: {{to: "client:a", {name}: "https://crm.example/cb"}}\n'

    (found,) = problems(with_members(lines))

    assert (found.line, found.column) == (5, 23)
    assert found.severity is Severity.WARNING
    assert f"'a' declares {name}" in found.message
    assert taken in found.message
    assert name in found.hint
    assert problems(with_members(lines.replace(name, f"recording_{name[-15:]}"))) == ()


def test_a_callback_of_the_defaults_is_a_warning_for_each_who_has_it() -> None:
    people = '  a: {to: "client:a"}\n  b: {to: "client:b"}\n'
    text = with_members(people).replace(
        "participants:",
        'defaults: {conference_status_callback: "https://crm.example/"}\nparticipants:',
    )

    found = problems(text)

    assert [(each.line, each.column) for each in found] == [(6, 3), (7, 3)]


def test_a_conference_that_nobody_can_start_is_a_warning() -> None:
    quiet = 'start_conference_on_enter: false, to: "client:'
    lines = f'  a: {{{quiet}a"}}\n  b: {{{quiet}b"}}\n'

    (found,) = problems(with_members(lines))

    assert (found.line, found.column) == (4, 1)
    assert found.severity is Severity.WARNING
    assert "the conference cannot start" in found.message
    assert problems(with_members(lines + '  c: {to: "client:c"}\n')) == ()


def test_more_members_than_places_are_a_warning() -> None:
    places = 'max_participants: 2, to: "client:'
    lines = "".join(f'  {name}: {{{places}{name}"}}\n' for name in "abc")

    (found,) = problems(with_members(lines))

    assert (found.line, found.column) == (4, 1)
    assert found.severity is Severity.WARNING
    assert "3 members are declared, and max_participants is 2" in found.message
    assert problems(with_members(lines.replace("2", "3"))) == ()


def test_a_conference_whose_name_ends_with_a_space_is_a_warning() -> None:
    (found,) = problems(HEAD.replace("room", '"room "') + PEOPLE)

    assert found.severity is Severity.WARNING
    assert "begins or ends with a space" in found.message


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("15551230001", "+15551230001"),
        ("+15551230001", "+15551230001"),
    ],
)
def test_a_number_without_quotes_is_hinted_at_as_it_must_be(
    written: str, right: str
) -> None:
    (found,) = problems(with_members(f"  a: {{to: {written}}}\n"))
    assert found.hint == f'write to: "{right}"'
    assert problems(with_members(f'  a: {{to: "{right}"}}\n')) == ()


def test_more_people_than_a_conference_takes_are_refused() -> None:
    lines = "".join(f'  p{i}: {{to: "client:{i}"}}\n' for i in range(251))

    (found,) = problems(with_members(lines))

    assert (found.line, found.column) == (4, 1)
    assert found.message == "a conference takes at most 250 people, not 251"


def test_250_people_are_taken() -> None:
    lines = "".join(f'  p{i}: {{to: "client:{i}"}}\n' for i in range(250))

    assert problems(with_members(lines)) == ()


def test_a_bare_name_is_shown_to_sip_addresses_only() -> None:
    lines = '  a: {to: "client:a", from: desk}\n  b: {to: "sip:b@x.org", from: desk}\n'

    (found,) = problems(with_members(lines))

    assert (found.line, found.column) == (5, 29)
    assert found.message == "from: a bare name is shown to sip: addresses only"


def test_a_caller_of_the_room_that_no_phone_can_be_rung_from_is_told_at_the_phone() -> (
    None
):
    text = with_members('  ann: {to: "+15550100001"}\n').replace(
        '"+15550100000"', '"client:desk"'
    )

    (found,) = problems(text)

    assert (found.line, found.column) == (5, 13)


def test_an_id_that_is_taken_is_told_beside_what_else_is_wrong() -> None:
    one = '{id: a, url: "ftp://x"}'

    found = problems(with_ann(f"announcements: [{one}, {{id: a}}]"))

    assert [each.message.split()[0] for each in found] == ["url", "two", "an"]


def test_two_announcements_of_one_id_are_refused() -> None:
    one = '{id: a, url: "http://a"}'

    (found,) = problems(with_ann(f"announcements: [{one}, {one}]"))

    assert found.message == "two announcements have the id 'a'"


def bomb(line: str, levels: int) -> str:
    """Each level stands for the one before it nine times over."""
    lines = ["l0: &l0 [x]"]
    for level in range(1, levels):
        aliases = ", ".join([f"*l{level - 1}"] * 9)
        lines.append(f"l{level}: &l{level} {line.format(aliases)}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("line", ["[{}]", "{{<<: [{}]}}"])
def test_aliases_that_unfold_without_end_are_refused(line: str) -> None:
    (found,) = problems(bomb(line, 12))

    assert "aliases expand to more than 250000 values" in found.message


def test_an_alias_inside_what_it_stands_for_is_refused() -> None:
    (found,) = problems("version: 1\nparticipants: &p {ann: {<<: *p}}\n")

    assert (found.line, found.column) == (2, 15)
    assert "an alias refers to a value that contains it" in found.message

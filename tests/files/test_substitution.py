"""References to the environment are replaced; secrets are kept as references."""

import pytest

from reconciler.files import problem_data, render_problem
from reconciler.files.roster_file import read_roster_file
from reconciler.files.substitution import replaced
from reconciler.model.policy import Policy
from tests.files.rosters import HEAD, ann, problems, roster, with_ann, with_members

SECRET = "hunter2secret"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("${NAME}", "Ann"),
        ("for ${NAME} and ${OTHER}", "for Ann and Bob"),
        ("$${NAME}", "${NAME}"),
        ("5$ or ${NAME}$", "5$ or Ann$"),
        ("$NAME", "$NAME"),
    ],
)
def test_a_reference_is_replaced_in_any_text(written: str, value: str) -> None:
    assert replaced(written, {"NAME": "Ann", "OTHER": "Bob"}) == value


@pytest.mark.parametrize("field", ["call_reason", "hold_url", "status_callback"])
def test_what_is_sent_with_a_call_is_kept_as_it_is_written(field: str) -> None:
    text = '"https://example.com/?t=${NAME}"'

    member = ann(f"{field}: {text}", {"NAME": SECRET})

    assert dict(member.create_only + member.write_only) == {
        field: "https://example.com/?t=${NAME}"
    }


def test_what_a_reference_stands_for_is_checked_where_it_is_kept() -> None:
    (found,) = problems(with_ann('hold_url: "${NAME}"'), {"NAME": "no url"})

    assert "must be an http or https URL" in found.message
    assert "no url" not in render_problem(found)


def test_references_are_replaced_once_and_after_parsing() -> None:
    environ = {"NAME": 'client:a${OTHER}"muted:true'}

    member = roster(with_members('  ann: {to: "${NAME}"}\n'), environ).members[0]

    assert member.to == environ["NAME"]
    assert member.muted is None


def test_a_variable_that_the_policy_does_not_name_is_not_read() -> None:
    environ = {
        "TWILIO_AUTH_TOKEN": SECRET,
        "ROSTER_TWILIO": "fine",
        "CI_SECRET": SECRET,
    }
    text = with_members(
        '  ann: {to: "client:a", coaching: "${CI_SECRET}"}\n'
        '  bob: {to: "client:b", call_reason: "${TWILIO_AUTH_TOKEN}"}\n'
        '  cara: {to: "client:c", call_reason: "${ROSTER_TWILIO}"}\n'
    )

    found = read_roster_file("line.yaml", text.encode(), environ, Policy()).problems

    assert [each.message for each in found] == [
        "rosters may not read the environment variable CI_SECRET",
        "rosters may not read the environment variable TWILIO_AUTH_TOKEN",
    ]
    assert SECRET not in "".join(map(render_problem, found))


@pytest.mark.parametrize("variables", ["*", "TWILIO_*", "TWILIO_AUTH_TOKEN"])
def test_no_policy_lets_a_roster_read_credentials(variables: str) -> None:
    policy = Policy(variables=(variables,))

    assert not policy.reads("TWILIO_AUTH_TOKEN")
    assert not policy.reads("RECONCILER_DATABASE_URL")


def test_a_message_quotes_a_reference_and_not_what_it_stands_for() -> None:
    text = with_members('  ann: {to: "client:a", coaching: "${WHOM}"}\n')

    (found,) = problems(text, {"WHOM": SECRET})

    assert found.message == "no participant has the label '${WHOM}'"


def test_numbers_and_names_may_come_from_the_environment() -> None:
    text = (
        "version: 1\nconference: ${ROOM}\nfrom: ${CALLER}\n"
        "participants:\n  ann: {to: '${ANN}', coaching: '${WHOM}'}\n"
        "  bob: {to: 'client:bob', beep: '${BEEP}'}\n"
    )
    environ = {
        "ROOM": "bridge",
        "CALLER": "+15550100000",
        "ANN": "+15550100001",
        "WHOM": "bob",
        "BEEP": "onExit",
    }

    room = roster(text, environ)

    assert room.room == "bridge"
    first, second = room.members
    assert (first.sender, first.to) == ("+15550100000", "+15550100001")
    assert first.coaching == "bob"
    assert second.create_only == (("beep", "onExit"),)


def test_an_empty_variable_is_no_value() -> None:
    (found,) = problems(with_ann('call_reason: "${NAME}"'), {"NAME": ""})

    assert found.message == "the environment variable NAME is empty"


def test_a_wrong_value_of_the_environment_is_not_repeated() -> None:
    text = with_members('  ann: {to: "${TO}"}\n')

    (found,) = problems(text, {"TO": "+1 555 123 4567"})

    assert "must not contain spaces" in found.message
    assert found.hint == ""
    assert "555 123" not in str(problem_data(found))


def test_a_secret_is_kept_as_its_reference() -> None:
    member = ann('sip_auth_password: "${SIP_PASSWORD}"', {"SIP_PASSWORD": SECRET})

    assert member.create_only == (("sip_auth_password", "${SIP_PASSWORD}"),)
    assert SECRET not in repr(member)


SPILLS = [
    f"sip_auth_password: {SECRET}",
    f'sip_auth_password: "{SECRET}"',
    f'sip_auth_password: "x${{NAME}}{SECRET}"',
    f'sip_auth_password: "{SECRET}", muted: yes',
    f'sip_auth_pasword: "{SECRET}"',
    f'sipAuthPassword: "{SECRET}"',
    f'"sip_auth\\u005fpassword": "{SECRET}"',
    f'sip_auth_username: &p "{SECRET}", sip_auth_password: *p',
    f'sip_auth_password: ["{SECRET}"]',
    f'sip_auth_password: !x "{SECRET}"',
    f'call_token: "{SECRET}", muted: yes',
    f'call_token: "{SECRET}\\n"',
    f'sip_auth_password: "{SECRET}", muted: [',
    "sip_auth_password: 918273645",
]


@pytest.mark.parametrize("fields", SPILLS)
def test_a_secret_in_a_file_is_never_shown(fields: str) -> None:
    found = problems(with_ann(fields), {"NAME": "x"})

    assert found
    for each in found:
        told = render_problem(each) + str(problem_data(each)) + repr(each)
        assert SECRET not in told
        assert "918273645" not in told


def test_a_secret_on_a_line_of_its_own_is_never_shown() -> None:
    text = HEAD + (
        "participants:\n  ann:\n    to: '+15550100001'\n    sip_auth_password:\n"
        f"      {SECRET}\n    muted: yes\n"
    )

    found = problems(text)

    assert [each.line for each in found] == [8, 9]
    assert not any(SECRET in render_problem(each) for each in found)


def test_a_line_with_a_proper_reference_is_shown() -> None:
    text = with_ann('sip_auth_password: "${NAME}", muted: yes')

    (found,) = problems(text, {"NAME": SECRET})

    assert found.snippet.strip().startswith("ann:")
    assert SECRET not in render_problem(found)


def test_a_secret_that_is_not_set_is_named_by_its_variable() -> None:
    (found,) = problems(with_ann('sip_auth_password: "${SIP_PASSWORD}"'))

    assert found.message == "the environment variable SIP_PASSWORD is not set"


WITH_SECRETS = {"ROSTER_A": SECRET, "ROSTER_ANN": "client:ann?team=a"}


@pytest.mark.parametrize(
    "address",
    [
        "client:bob?tok=${ROSTER_A}",
        "client:bob?a=b&tok=x${ROSTER_A}",
        "${ROSTER_ANN}&tok=?${ROSTER_A}",
        "sip:bob@pbx;token=${ROSTER_A}",
        "sip:bob;token=${ROSTER_A}@pbx",
        "sip:bob@pbx?X-Key=${ROSTER_A}",
        "sip:bob:${ROSTER_A}@pbx",
        "SIPS:bob:x${ROSTER_A}@pbx",
        "app:AP00000000000000000000000000000001?x=${ROSTER_A}",
    ],
)
@pytest.mark.parametrize("key", ["to", "from"])
def test_a_reference_where_an_address_holds_secrets_is_refused(
    key: str, address: str
) -> None:
    fields = {"to": '"client:bob"', "from": '"client:us"'} | {key: f'"{address}"'}
    line = ", ".join(f"{name}: {value}" for name, value in fields.items())

    (found,) = problems(with_members(f"  bob: {{{line}}}\n"), WITH_SECRETS)

    assert "would be stored" in found.message
    assert SECRET not in str(problem_data(found))


@pytest.mark.parametrize(
    "address",
    [
        "${ROSTER_ANN}",
        "client:${ROSTER_A}",
        "client:${ROSTER_A}?team=a",
        "sip:${ROSTER_A}@pbx",
        "sip:ann@${ROSTER_A}:5080",
        "sip:ann@pbx-${ROSTER_A};transport=tls",
        "client:ann?x=$${ROSTER_A}",
    ],
)
def test_a_reference_in_an_address_is_replaced(address: str) -> None:
    assert not problems(with_members(f'  ann: {{to: "{address}"}}\n'), WITH_SECRETS)


@pytest.mark.parametrize("id_", ["${ROSTER_A}", "x${ROSTER_A}", "$${x}"])
def test_a_reference_in_the_id_of_an_announcement_is_refused(id_: str) -> None:
    announcement = f'{{id: "{id_}", url: "https://h.example/${{ROSTER_A}}"}}'

    (found,) = problems(with_ann(f"announcements: [{announcement}]"), WITH_SECRETS)

    assert "an id is stored and shown" in found.message
    assert SECRET not in str(problem_data(found))


@pytest.mark.parametrize(
    "fields",
    [
        f'to: "sip:u:{SECRET}@pbx", muted: yes',
        f'to: "SIP:u:{SECRET}@pbx"',
        f'to: "u:{SECRET}@pbx"',
        f'to: "sip:u@pbx;token={SECRET}", muted: yes',
        f'to: "client:u?token={SECRET}", muted: yes',
        f'to: "client:u", hold_url: "https://u:{SECRET}@h.example/", muted: yes',
    ],
)
def test_a_line_with_credentials_in_an_address_is_not_shown(fields: str) -> None:
    found = problems(with_members(f"  ann: {{{fields}}}\n"))

    assert found
    assert SECRET not in "".join(map(render_problem, found))
    assert SECRET not in "".join(str(problem_data(each)) for each in found)

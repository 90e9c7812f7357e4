"""The operator's policy: what it holds back, where, and that nothing lifts it."""

from pathlib import Path

import pytest

from reconciler.files import load
from reconciler.files.policy_file import examine_policy, load_policy
from reconciler.files.roster_file import read_roster_file
from reconciler.model.errors import RosterError
from reconciler.model.policy import Policy, RingBudget, RoomRule
from tests.files.rosters import with_members

WHOLE = """\
version: 1
variables: [ROSTER_*, SIP_PASSWORD]
addresses: ["+1", "client:", "sip:*@pbx.example"]
regions: [US, CA]
types: [mobile, fixed-line]
valid_numbers: true
hosts: {callbacks: [hooks.example.com], media: ["*.cdn.example"]}
limits: {removals: 5, rings: 100, exposures: 20, attempts: 5}
rings: {number: {hour: 10, day: 30}, account: {hour: 500}}
rooms: [{folder: desired/team, conferences: ["team-*"]}]
links: [/srv/shared]
approve: {removals: [alice], rings: [bob]}
"""


def policy(text: str, tmp_path: Path) -> Policy:
    path = tmp_path / "policy.yaml"
    path.write_text(text)
    return load_policy(str(path))


def found(members: str, of: Policy, head: str = "") -> list[str]:
    text = head + with_members(members)
    return [
        x.message for x in read_roster_file("line.yaml", text.encode(), {}, of).problems
    ]


def test_every_key_is_read(tmp_path: Path) -> None:
    (tmp_path / "desired/team").mkdir(parents=True)
    read = policy(WHOLE, tmp_path)

    assert read.reads("SIP_PASSWORD")
    assert read.per_number == RingBudget(10, 30)
    assert read.per_account == RingBudget(500)
    assert read.rooms == (RoomRule(str(tmp_path / "desired/team"), ("team-*",)),)
    assert (read.ceilings.attempts, read.links) == (5, ("/srv/shared",))
    assert read.may_approve("alice", "removals")
    assert not read.may_approve("bob", "removals")
    assert read.may_approve("bob", "exposures")


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("variables: [A]\n", "1:1", "a policy needs version"),
        ("version: 2\n", "1:10", "unsupported version 2"),
        ("version: 1\nadresses: []\n", "2:1", "unknown key 'adresses' in a policy"),
        ("version: 1\nregions: [usa]\n", "2:11", "'usa' is not a region"),
        ("version: 1\ntypes: [satellite]\n", "2:9", "a type must be one of"),
        ("version: 1\nrings: {number: {hour: -1}}\n", "2:24", "hour must be"),
        (
            "version: 1\nvariables: [TWILIO_AUTH_TOKEN]\n",
            "2:13",
            "rosters may not read",
        ),
        ("version: 1\nrooms: [{folder: x}]\n", "2:9", "a rule needs folder and"),
        ("version: 1\nlinks: /srv\n", "2:8", "links must be a list"),
        ("", "0:0", "no policy in this file"),
        ("version: 1\n---\nversion: 1\n", "3:1", "a policy must be a single document"),
    ],
)
def test_a_mistake_is_told_with_its_place(
    text: str, place: str, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(text)

    _, (problem, *_) = examine_policy(path)

    assert f"{problem.line}:{problem.column}" == place
    assert message in problem.message


MISTAKES = [
    ('addresses: ["+1", ""]', "2:19", "an entry of addresses is empty", "remove it"),
    ('addresses: ["  "]', "2:13", "an entry of addresses is empty", "remove it"),
    ('addresses: [" +1"]', "2:13", "begins or ends with a space", "write +1"),
    (
        'addresses: ["0044"]',
        "2:13",
        "no address begins with '0044'",
        'write such as "+44"',
    ),
    ('addresses: ["+1 202"]', "2:13", "no address begins", 'such as "+1202"'),
    ('addresses: ["Client:"]', "2:13", "no address begins", 'such as "client:"'),
    ('addresses: ["tel:+1"]', "2:13", "no address begins", 'such as "+44"'),
    ("regions: [US, UK]", "2:15", "'UK' is not a region", "write GB"),
    ("regions: [EN]", "2:11", "'EN' is not a region", "write GB"),
    ("regions: [us]", "2:11", "'us' is not a region", "write US"),
    ("regions: [XX]", "2:11", "'XX' is not a region", "ISO codes such as US"),
    ('regions: [""]', "2:11", "an entry of regions is empty", "remove it"),
    (
        'hosts: {callbacks: ["https://hooks.example.com/x"]}',
        "2:21",
        "is not a host",
        "such as hooks.example.com",
    ),
    ("hosts: {media: [cdn.example/path]}", "2:17", "not a host", "as cdn.example"),
    ("hosts: {media: [cdn.example:8443]}", "2:17", "not a host", "as cdn.example"),
    ("hosts: {media: [.cdn.example]}", "2:17", "not a host", "as *.cdn.example"),
    ('hosts: {media: ["[2001:db8::1]"]}', "2:17", "not a host", "as 2001:db8::1"),
    ('hosts: {media: ["a b"]}', "2:17", "not a host", "as hooks.example.com"),
    ('hosts: {callbacks: [""]}', "2:21", "an entry of callbacks is empty", "remove"),
    ("variables: [$ROSTER_A]", "2:13", "not the name of a variable", "write ROSTER_A"),
    ("variables: [A-B]", "2:13", "not the name of a variable", "write ROSTER_*"),
    (
        "rooms: [{folder: ., conferences: []}]",
        "2:34",
        "conferences is empty, so the rule is about no room",
        "remove the rule",
    ),
    ("rooms: [{folder: '', conferences: [a]}]", "2:18", "folder is empty", "remove"),
    ("links: [shared]", "2:9", "must be an absolute path", "write /"),
    ("approve: {rings: ['']}", "2:19", "an entry of rings is empty", "remove it"),
]


@pytest.mark.parametrize(("line", "place", "message", "hint"), MISTAKES)
def test_a_value_that_nothing_or_everything_matches_is_refused(
    line: str, place: str, message: str, hint: str, tmp_path: Path
) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(f"version: 1\n{line}\n")

    _, [problem] = examine_policy(path)

    assert f"{problem.line}:{problem.column}" == place
    assert message in problem.message
    assert hint in problem.hint
    with pytest.raises(RosterError):
        load_policy(str(path))


@pytest.mark.parametrize(
    "line",
    [
        'addresses: ["+", "*", "+44", "+1*5", "client:", "client:a*", "sip", "sips:"]',
        'addresses: ["sip:*@pbx.example", "app:AP1", "s*:bob@x.example"]',
        "addresses: []",
        'regions: ["001", GB, DE]',
        'hosts: {callbacks: [], media: ["*", localhost, 10.0.0.1, "2001:db8::1"]}',
        'variables: ["*", _A, ROSTER_*]',
        "approve: {removals: []}",
        'links: ["/"]',
    ],
)
def test_a_value_that_something_matches_is_taken(line: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(f"version: 1\n{line}\n")

    assert examine_policy(path)[1] == []


def test_a_host_of_a_policy_is_compared_without_case(tmp_path: Path) -> None:
    of = policy("version: 1\nhosts: {media: [CDN.Example]}\n", tmp_path)

    assert of.host_fault("https://cdn.example/m", media=True) is None


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("rooms: [{folder: gone, conferences: [a]}]", "2:18"),
        ("rooms: [{folder: policy.yaml, conferences: [a]}]", "2:18"),
        ("links: [/no/such/folder]", "2:9"),
    ],
)
def test_a_folder_that_is_not_there_is_found_by_a_check_and_opens_nothing(
    line: str, place: str, tmp_path: Path
) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(f"version: 1\n{line}\n")

    _, [problem] = examine_policy(path)

    assert f"{problem.line}:{problem.column}" == place
    assert "folder" in problem.message
    rules = load_policy(str(path)).rooms
    assert all(Policy(rooms=rules).room_fault("a", f"{tmp_path}/a.yaml") for _ in rules)


def test_a_policy_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RosterError):
        load_policy(str(tmp_path / "none.yaml"))


@pytest.mark.parametrize(
    ("to", "fault"),
    [
        ("+12025550101", ""),
        ("client:bob?team=a", ""),
        ("sip:ann@pbx.example", ""),
        ("sip:ann@PBX.example;transport=tls", ""),
        ("sip:ann@attacker.example", "the policy allows +1, client:"),
        ("sip:ann@attacker.example?x-a=@pbx.example", "the policy allows +1, client:"),
        ("+442079460123", "the policy allows +1, client:"),
        ("+18765550123", "its region is JM, and the policy allows CA, US"),
        ("+19005550123", "and the policy allows fixed-line, mobile"),
        ("+15551230001", "this is not a valid number"),
    ],
)
def test_an_address_is_allowed_by_prefix_region_and_type(
    to: str, fault: str, tmp_path: Path
) -> None:
    told = found(f'  ann: {{to: "{to}"}}\n', policy(WHOLE, tmp_path))

    assert [fault in each for each in told] == ([True] if fault else [])


def test_limits_and_attempts_stay_below_the_ceilings(tmp_path: Path) -> None:
    of = policy(WHOLE, tmp_path)
    room = "limits: {removals: 6, rings: 100}\n"

    told = found('  ann: {to: "client:a", redial: {attempts: 9}}\n' + room, of)

    assert told == [
        "attempts is 9; the policy allows at most 5",
        "limits.removals is 6; the policy allows at most 5",
    ]


def test_callbacks_and_media_go_to_allowed_hosts(tmp_path: Path) -> None:
    of = policy(WHOLE, tmp_path)
    told = found(
        '  ann: {to: "client:a", status_callback: "https://evil.example/x",'
        ' hold_url: "https://a.cdn.example/m"}\n',
        of,
    )

    (message,) = told
    assert "status_callback: this host is not allowed" in message


def test_a_room_is_declared_by_its_folder_alone(tmp_path: Path) -> None:
    of = Policy(rooms=(RoomRule(str(tmp_path / "team"), ("team-*",)),))
    text = with_members('  ann: {to: "client:a"}\n')
    name = text.split("conference: ")[1].split("\n")[0]
    for folder in ("team", "other"):
        (tmp_path / folder).mkdir()
        path = tmp_path / folder / "room.yaml"
        path.write_text(
            text.replace(f"conference: {name}", f"conference: team-{folder}")
        )

    loading = load([tmp_path], {}, policy=of)

    assert [each.room for each in loading.rosters] == ["team-team"]
    assert "may not declare" in loading.errors[0].message

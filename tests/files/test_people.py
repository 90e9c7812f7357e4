"""People, groups and roles: what members take from them, and mistakes by place."""

from pathlib import Path

import pytest

from reconciler.model.roster import (
    Cause,
    Machine,
    Redial,
    Replacement,
)
from tests.files.rosters import HEAD, PEOPLE, declared, errors, read, said, with_people


def test_members_take_address_and_defaults_from_people(tmp_path: Path) -> None:
    roster = declared(tmp_path, with_people("participants: {ann: {}, bob: {}}")).roster

    ann, bob = roster.members
    assert (ann.to, bob.to) == ("+15551230001", "client:bob")
    assert bob.create_only == (("timeout", 20),)


def test_a_member_with_an_address_takes_nothing_from_people(tmp_path: Path) -> None:
    (cara,) = declared(
        tmp_path, with_people('participants: {cara: {to: "client:c"}}')
    ).roster.members

    assert (cara.to, cara.muted) == ("client:c", None)


@pytest.mark.parametrize(
    ("lines", "muted"),
    [
        ("defaults: {muted: true}\nparticipants: {ann: {}}", True),
        ("defaults: {muted: false}\nparticipants: {cara: {}}", True),
        ("participants: {cara: {role: speaker}}", False),
        ("defaults: {role: listener}\nparticipants: {ann: {}}", True),
        ("defaults: {role: listener}\nparticipants: {ann: {role: speaker}}", False),
        ("participants: {ann: {role: listener, muted: true}}", True),
        ("roles: {speaker: {muted: true}}\nparticipants: {ann: {role: speaker}}", True),
        ("groups: {dbas: {role: listener}}\nparticipants: {ann: {}}", True),
        (
            "groups: {dbas: {role: listener}}\nparticipants: {ann: {role: speaker}}",
            False,
        ),
    ],
)
def test_defaults_then_person_then_role_then_the_member(
    lines: str, *, muted: bool, tmp_path: Path
) -> None:
    roster = declared(tmp_path, with_people(lines)).roster

    assert roster.members[0].muted is muted


def test_a_role_gives_more_than_states(tmp_path: Path) -> None:
    roster = declared(
        tmp_path, with_people("participants: {ann: {role: listener}}")
    ).roster

    (ann,) = roster.members
    assert (ann.role, ann.redial) == ("listener", Redial(attempts=7))
    assert Cause.BUSY in ann.redial.on


def test_a_coach_by_role_coaches(tmp_path: Path) -> None:
    lines = (
        "roles: {coach: {coaching: ann}}\nparticipants: {ann: {}, bob: {role: coach}}"
    )

    assert declared(tmp_path, with_people(lines)).roster.members[1].coaching == "ann"


def test_every_key_that_only_the_roster_knows_is_read(tmp_path: Path) -> None:
    keys = (
        "protect: true, priority: 1, machine: hold, machine_detection: Enable, "
        "replaces: {label: old, settle: 1s, deadline: 2m, then: let-go}"
    )

    (ann,) = declared(
        tmp_path, with_people(f"participants: {{ann: {{{keys}}}}}")
    ).roster.members

    assert (ann.protect, ann.priority, ann.machine) == (True, 1, Machine.HOLD)
    assert ann.replaces == Replacement("old", 1.0, 120.0, keep_after_deadline=False)


def test_any_file_of_the_folder_counts_whatever_its_name(tmp_path: Path) -> None:
    files = {"a/room.yaml": HEAD + "participants: {ann: {}}", "z/deep/p.yml": PEOPLE}

    assert declared(tmp_path, files).roster.members[0].to == "+15551230001"


def test_people_and_rooms_may_share_a_file_and_its_anchors(tmp_path: Path) -> None:
    files = {
        "all.yaml": "x-from: &from '+15550100000'\nx-m: &m {muted: true, hold: false}\n"
        "---\n"
        + PEOPLE
        + "---\nversion: 1\nconference: room\nx-note: none\nfrom: *from\n"
        "participants: {ann: {<<: *m}}\n"
    }

    (ann,) = declared(tmp_path, files).roster.members

    assert (ann.sender, ann.muted, ann.hold) == ("+15550100000", True, False)


def test_an_anchor_may_be_set_again_in_a_later_document(tmp_path: Path) -> None:
    one = HEAD.replace("room", "one") + "defaults: &d {muted: true}\nparticipants: {}\n"
    two = (
        HEAD.replace("room", "two")
        + "defaults: &d {muted: false}\nparticipants: {ann: {to: 'client:a', <<: *d}}\n"
    )

    loading, problems = read(tmp_path, {"a.yaml": f"{one}---\n{two}"})

    assert problems == ()
    assert loading.rosters[1].members[0].muted is False


MISTAKES = [
    ("participants: {dan: {}}", "4:16 'dan' has no 'to'; add to:"),
    (
        "participants: {ann: {role: speeker}}",
        "4:28 unknown role 'speeker'; did you mean 'speaker'?",
    ),
    (
        "participants: {ann: {role: listener, muted: false}}",
        (
            "4:45 muted contradicts the role 'listener', which sets another value at people.yaml:10:21; remove"
        ),
    ),
    ("groups: {none: []}", "4:10 the group 'none' has no members; write members"),
    (
        "groups: {dba: {want: 1}}",
        "4:10 the group 'dba' has no members; did you mean 'dbas'?",
    ),
    ("groups: {dbas: {want: 3}}", "4:23 want is 3, and the group has 2;"),
    ("groups: {dbas: {want: 0}}", "4:23 want must be from 1"),
    ("groups: {dbas: {each: 1s}}", "4:23 each must be at least 5s;"),
    ("groups: {dbas: {order: prio}}", "4:24 order must be one of listed, priority;"),
    (
        "groups: {ops: [ann, ann]}",
        "4:21 'ann' is listed twice; first at room.yaml:4:16;",
    ),
    ("groups: {ops: [ann, zed]}", "4:21 'zed' has no 'to'; add to:"),
    ("groups: {ops: [{a: b}]}", "4:16 group 'ops' must be a list of labels;"),
    ('groups: {"-x": [ann]}', "4:10 '-x' cannot be the name of a group; write letters"),
    (
        "groups: {others: [ann]}",
        "4:10 others has a meaning of its own in modes; choose",
    ),
    (
        "participants: {ann: {}}\ngroups: {ann: [bob]}",
        "5:10 'ann' is a participant, too, at room.yaml:4:16;",
    ),
    (
        "groups: {a: {members: [bob], role: speaker}, b: {members: [bob], role: listener}}",
        (
            "4:72 'bob' has the role speaker as one of a, and listener as one of b; list "
            "bob"
        ),
    ),
    (
        "roles: {x: {to: 'client:x'}}\nparticipants: {}",
        "4:13 unknown key 'to' in role 'x'; a role applies to several",
    ),
    ("roles: {x: {muted: yes}}\nparticipants: {}", "4:20 muted must be true or false;"),
    (
        "people: {}\nparticipants: {}",
        "4:1 unknown key 'people' in a roster; write people in a document of its own",
    ),
    (
        "participants: {ann: {priority: 6}}",
        "4:32 priority must be from 1 to 5, not 6;",
    ),
    ("participants: {ann: {protect: 1}}", "4:31 protect must be true or false;"),
    (
        "participants: {ann: {machine: drop}}",
        "4:31 machine must be one of keep, hang-up, hold;",
    ),
    (
        "participants: {ann: {machine: hold}}",
        (
            "4:31 machine needs machine_detection, which reports who answered; "
            "add machine_detection: Enable"
        ),
    ),
    (
        "participants: {ann: {replaces: ann}}",
        "4:32 'ann' cannot replace themselves; name the member who leaves",
    ),
    ("participants: {ann: {replaces: a/b}}", "4:32 'a/b' cannot be a label;"),
    ("participants: {ann: {replaces: {settle: 3s}}}", "4:32 replaces needs label;"),
    (
        "participants: {ann: {replaces: {label: b, then: keep}}}",
        "4:43 then needs deadline;",
    ),
    (
        "participants: {ann: {replaces: bob}, bob: {replaces: ann}}",
        "4:16 circular replaces: ann → bob → ann; remove replaces from ann",
    ),
    ("participants: {}\nnotify: [lefft]", "5:10 notify must be one of left,"),
]


@pytest.mark.parametrize(("lines", "expected"), MISTAKES)
def test_a_mistake_is_named_by_its_place(
    lines: str, expected: str, tmp_path: Path
) -> None:
    loading, problems = read(tmp_path, with_people(lines))

    (only,) = said(tmp_path, errors(problems))
    assert only.startswith(f"room.yaml:{expected}")
    assert loading.declarations == ()


SHARED_MISTAKES = [
    ("people: {ann: {}}", "2:10 'ann' has no 'to';"),
    ("people: {ann: {to: 123}}", "2:20 to must be text: quote it"),
    (
        "people: {ann: {to: 'client:a', replaces: b}}",
        "2:32 unknown key 'replaces' in person 'ann'; write it in the room",
    ),
    ("people: {a/b: {to: 'client:a'}}", "2:10 a label must not contain /;"),
    ("people: [ann]", "2:9 people must be a mapping"),
    ("groups: {g: []}", "2:10 the group 'g' has no members;"),
    ("groups: {g: {want: 1}}", "2:13 a group for all rooms is a list of labels;"),
    ("modes: {normal: {}}", "2:9 the mode normal cannot be declared;"),
    (
        "modes: {m: {ann: {to: 'client:a'}}}",
        "2:19 unknown key 'to' in 'ann' in a mode; a mode can only change",
    ),
    (
        "people: {}\nparticipants: {}",
        "3:1 unknown key 'participants' in a document without conference;",
    ),
    (
        "people: {}\npeeple: {}",
        "3:1 unknown key 'peeple' in a document without conference; did you mean 'people'?",
    ),
]


@pytest.mark.parametrize(("lines", "expected"), SHARED_MISTAKES)
def test_a_mistake_in_a_shared_document_is_named_by_its_place(
    lines: str, expected: str, tmp_path: Path
) -> None:
    _, problems = read(tmp_path, {"people.yaml": f"version: 1\n{lines}"})

    (only,) = said(tmp_path, problems)
    assert only.startswith(f"people.yaml:{expected}")


def test_a_document_that_is_neither_room_nor_shared_is_named(tmp_path: Path) -> None:
    _, problems = read(tmp_path, {"a.yaml": "version: 1\n"})

    assert said(tmp_path, problems) == [
        "a.yaml:1:1 a roster needs the key conference; add conference: my-room",
    ]


def test_the_same_phone_in_two_rooms_is_told_once_with_both_places(
    tmp_path: Path,
) -> None:
    files = {
        f"{name}.yaml": HEAD.replace("room", name)
        + "participants: {ann: {to: 'client:ann?a=1'}, bob: {to: 'client:bob'}}"
        for name in ("one", "two", "three")
    }

    loading, problems = read(tmp_path, files)

    assert len(loading.declarations) == 3
    assert said(tmp_path, problems) == [
        f"three.yaml:4:{column} '{label}' has the phone of '{label}' in room 'one' "
        f"(one.yaml:4:{column}); 1 more room has it; each room calls the phone, "
        "one call after the other; remove it from one of them, or answer both"
        for label, column in (("ann", 16), ("bob", 45))
    ]


@pytest.mark.parametrize(
    ("old", "hint"),
    [
        ("interp-dya", "did you mean 'interp-day'?"),
        ("interp_day", "did you mean 'interp-day'?"),
        ("interp-day", ""),
        ("somebody-else", ""),
        ("interp-nigth", ""),
    ],
)
def test_a_misspelt_label_of_replaces_is_warned_of_with_the_one_meant(
    tmp_path: Path, old: str, hint: str
) -> None:
    room = HEAD + (
        "participants:\n  interp-day: {to: 'client:a'}\n"
        f"  interp-night: {{to: 'client:b', replaces: {old}}}\n"
    )

    loading, problems = read(tmp_path, {"a.yaml": room})

    assert len(loading.declarations) == 1
    warned = said(tmp_path, problems)
    assert len(warned) == bool(hint)
    assert all("interp-night' replaces" in x and hint in x for x in warned)

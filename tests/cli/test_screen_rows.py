"""Rooms of many people on small screens."""

import pytest
from msgspec.structs import replace

from reconciler.cli.progress import pictured
from reconciler.cli.screen_rows import (
    RoomBlock,
    Row,
    Screen,
    fitted,
    folded,
    rows_per_room,
)
from reconciler.cli.status_watch import pictured_rooms
from reconciler.cli.text import person_state
from reconciler.engine.desired_room import Desired
from reconciler.engine.room.evaluation import Evaluation, RoomPhase
from reconciler.engine.room.outcome import ActionOutcome, Outcome
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.model.action import Ring
from reconciler.model.roster import Member, Roster
from reconciler.operations.evaluated_room import EvaluatedRoom
from reconciler.planning.plan import Person, Phase, Plan
from tests.cli.test_audibility_text import crowd

SCREEN = Screen(24, 100)
ROWS = [Row(f"p{at}", settled=at % 3 != 2) for at in range(9)]


def test_rows_that_fit_are_all_shown() -> None:
    assert fitted(ROWS, 9, SCREEN) == [f"p{at}" for at in range(9)]


def test_who_is_not_settled_comes_first_and_the_rest_is_counted() -> None:
    assert fitted(ROWS, 6, SCREEN) == ["p2", "p5", "p8", "p0", "p1", "  … and 4 more"]


def test_the_unsettled_who_do_not_fit_are_counted() -> None:
    assert fitted(ROWS, 3, SCREEN) == [
        "p2",
        "p5",
        "  … and 7 more, 1 of them not as declared",
    ]


@pytest.mark.parametrize(
    ("height", "fixed", "rooms", "rows"), [(24, 1, 1, 22), (24, 2, 2, 10), (5, 9, 3, 3)]
)
def test_every_room_gets_its_share(
    height: int, fixed: int, rooms: int, rows: int
) -> None:
    assert rows_per_room(height, fixed, rooms) == rows


def _room(people: int, connected: int) -> ReconcileResult:
    found = tuple(
        Person(
            Member(f"p{at:03}", "client:x", "+15550100000"),
            None,
            Phase.CONNECTED if at < connected else Phase.ABSENT,
        )
        for at in range(people)
    )
    ring = Ring("p122", "client:x", "webinar", (), (), 1, 1, "absent")
    queued = ActionOutcome(
        ring, Outcome.PACED, "76 calls queued, the last in about 4 s"
    )
    plan = Plan("webinar", 1, people=found)
    return ReconcileResult(Evaluation("webinar", RoomPhase.CONVERGING, plan), (queued,))


def test_a_webinar_fits_on_a_terminal_with_its_counts_and_the_absent() -> None:
    lines = pictured([_room(123, 113)], 0.0, SCREEN, float)

    assert len(lines) < 24
    assert lines[0] == (
        "[converging] webinar: 113 of 123 connected; "
        "76 calls queued, the last in about 4 s"
    )
    for at in range(113, 123):
        assert any(f"p{at}" in line for line in lines)
    assert lines[-1] == "  … and 102 more"


def test_two_rooms_share_the_screen() -> None:
    lines = pictured(
        [_room(50, 0), _room(50, 50)], 0.0, SCREEN, lambda calls: calls * 3.0
    )

    assert len(lines) < 24
    assert sum("more" in line for line in lines) == 2
    assert lines[0] == (
        "2 rooms: 2 converging; 50 of 100 connected; "
        "2 calls queued, the last in about 6 s"
    )


def _seen(room: str, absent: int) -> EvaluatedRoom:
    member = Member("ann", "client:x", "+15550100000")
    ring = Ring("ann", "client:x", room, (), (), 1, 1, "absent")
    person = Person(member, None, Phase.ABSENT)
    plan = Plan(room, 1, people=(person,), actions=(ring,) * absent)
    look = Evaluation(room, RoomPhase.CONVERGING, plan)
    return EvaluatedRoom(Desired(Roster(room, (member,)), 1), look)


def test_a_watch_says_how_many_calls_are_queued_and_until_when() -> None:
    (head, *_) = pictured_rooms([_seen("line", 6)], 0.0, SCREEN, 2.0)
    assert head.endswith("(0 of 1 connected; 6 calls queued, the last in about 3 s)")
    (both, *_) = pictured_rooms(
        [_seen("line", 6), _seen("bridge", 4)], 0.0, SCREEN, 2.0
    )
    assert "0 of 2 connected; 10 calls queued, the last in about 5 s" in both
    (quiet, *_) = pictured_rooms([_seen("line", 0)], 0.0, SCREEN, 2.0)
    assert "queued" not in quiet


def test_a_watch_shows_who_hears_whom_where_it_is_asked_for() -> None:
    member = Member("ann", "client:x", "+15550100000")
    plan = replace(crowd(2), room="line")
    look = Evaluation("line", RoomPhase.CONVERGED, plan)
    rooms = [EvaluatedRoom(Desired(Roster("line", (member,)), 1), look)]
    asked = pictured_rooms(rooms, 0.0, SCREEN, 1.0, matrix=True)
    assert "    p00    .  yes" in asked
    assert asked[:3] == pictured_rooms(rooms, 0.0, SCREEN, 1.0)


def _block(name: str, people: int, *, settled: bool) -> RoomBlock:
    rows = tuple(Row(f"{name}{at}", settled) for at in range(people))
    return RoomBlock((name,), rows, (), settled)


def test_rooms_that_fit_are_shown_in_their_order() -> None:
    blocks = [_block("a", 2, settled=True), _block("b", 1, settled=False)]
    assert folded(blocks, Screen(6, 80)) == ["a", "a0", "a1", "b", "b0"]


def test_rooms_that_differ_come_first_and_the_others_are_headings() -> None:
    blocks = [_block("a", 20, settled=True), _block("b", 2, settled=False)]
    assert folded(blocks, Screen(10, 80)) == ["b", "b0", "b1", "a"]


def test_rooms_for_which_there_is_no_space_are_counted() -> None:
    blocks = [_block(f"r{at}", 9, settled=at > 2) for at in range(40)]
    lines = folded(blocks, SCREEN)
    assert len(lines) <= 24
    assert lines[0] == "r0"
    assert lines[-1].startswith("  … and ")
    assert lines[-1].endswith(" more rooms")
    crowded = folded([_block(f"r{at}", 9, settled=False) for at in range(40)], SCREEN)
    assert len(crowded) <= 24
    assert "of them not as declared" in crowded[-1]


def test_one_converged_room_larger_than_the_screen_shows_people() -> None:
    lines = folded([_block("a", 90, settled=True)], SCREEN)
    assert len(lines) < 24
    assert lines[:2] == ["a", "a0"]
    assert lines[-1].startswith("  … and ")


LONG = "left: hung up. Not called again automatically. " * 3


@pytest.mark.parametrize("people", [5, 250])
@pytest.mark.parametrize("withheld", [0, 60])
@pytest.mark.parametrize("rooms", [1, 3])
@pytest.mark.parametrize("width", [40, 80, 400])
def test_lines_that_are_wider_than_the_screen_count_as_several(
    people: int, withheld: int, rooms: int, width: int
) -> None:
    rows = tuple(Row(f"p{at} {LONG}", at % 7 > 0) for at in range(people))
    after = tuple(f"withheld {at} {LONG}" for at in range(withheld))
    screen = Screen(24, width)
    lines = folded([RoomBlock(("head " * 20,), rows, after)] * rooms, screen)
    assert screen.rows(lines) <= screen.height
    assert lines[1].startswith("p0 ")


def test_colors_take_no_space_and_wide_characters_two_columns() -> None:
    screen = Screen(24, 10)
    assert screen.rows(["\x1b[32m0123456789\x1b[0m"]) == 1
    assert screen.rows(["日本語日本語"]) == 2
    assert screen.rows(["", "01234567890"]) == 3


def test_who_has_left_comes_before_those_who_are_in() -> None:
    people = tuple(
        Person(Member(f"p{at:03}", "client:x", "+15550100000"), None, phase)
        for at, phase in enumerate([Phase.CONNECTED] * 249 + [Phase.LEFT])
    )
    plan = Plan("big", 1, people=people)
    look = Evaluation("big", RoomPhase.CONVERGED, plan)
    roster = Roster("big", tuple(each.member for each in people))
    lines = pictured_rooms([EvaluatedRoom(Desired(roster, 1), look)], 0.0, SCREEN, 1.0)
    assert "p249" in lines[1]
    assert "p000" in lines[2]


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("standby: dbas calls ann", "standby: dbas calls ann"),
        ("dbas calls ann", "standby: dbas calls ann"),
        ("standby", "standby"),
    ],
)
def test_a_line_says_the_state_of_a_person_once(reason: str, words: str) -> None:
    bob = Member("bob", "client:x", "+15550100000")
    assert person_state(Person(bob, None, Phase.STANDBY, reason), 0.0) == words

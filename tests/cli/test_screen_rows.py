"""Rooms of many people on small screens."""

import pytest

from reconciler.cli.progress import pictured
from reconciler.cli.screen_rows import RoomBlock, Row, fitted, folded, rows_each
from reconciler.cli.status_watch import pictured_rooms
from reconciler.cli.text import person_state
from reconciler.engine.desired_room import Desired
from reconciler.engine.room.evaluate import Evaluation, RoomPhase
from reconciler.engine.room.outcome import ActionOutcome, Outcome
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.model.action import Ring
from reconciler.model.roster import Member, Roster
from reconciler.operations.evaluated_room import EvaluatedRoom
from reconciler.planning.plan import Person, Phase, Plan

ROWS = [Row(f"p{at}", settled=at % 3 != 2) for at in range(9)]


def test_rows_that_fit_are_all_shown() -> None:
    assert fitted(ROWS, 9) == [f"p{at}" for at in range(9)]


def test_who_is_not_settled_comes_first_and_the_rest_is_counted() -> None:
    assert fitted(ROWS, 6) == ["p2", "p5", "p8", "p0", "p1", "  … and 4 more"]


def test_the_unsettled_who_do_not_fit_are_counted() -> None:
    assert fitted(ROWS, 3) == ["p2", "p5", "  … and 7 more, 1 of them not as declared"]


@pytest.mark.parametrize(
    ("height", "fixed", "rooms", "rows"), [(24, 1, 1, 22), (24, 2, 2, 10), (5, 9, 3, 3)]
)
def test_every_room_gets_its_share(
    height: int, fixed: int, rooms: int, rows: int
) -> None:
    assert rows_each(height, fixed, rooms) == rows


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
    lines = pictured([_room(123, 113)], 0.0, 24, float)

    assert len(lines) < 24
    assert lines[0] == (
        "[converging] webinar: 113 of 123 connected; "
        "76 calls queued, the last in about 4 s"
    )
    for at in range(113, 123):
        assert any(f"p{at}" in line for line in lines)
    assert lines[-1] == "  … and 102 more"


def test_two_rooms_share_the_screen() -> None:
    lines = pictured([_room(50, 0), _room(50, 50)], 0.0, 24, lambda calls: calls * 3.0)

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
    (head, *_) = pictured_rooms([_seen("line", 6)], 0.0, 24, 2.0)
    assert head.endswith("(0 of 1 connected; 6 calls queued, the last in about 3 s)")
    (both, *_) = pictured_rooms([_seen("line", 6), _seen("bridge", 4)], 0.0, 24, 2.0)
    assert "0 of 2 connected; 10 calls queued, the last in about 5 s" in both
    (quiet, *_) = pictured_rooms([_seen("line", 0)], 0.0, 24, 2.0)
    assert "queued" not in quiet


def _block(name: str, people: int, *, settled: bool) -> RoomBlock:
    rows = tuple(Row(f"{name}{at}", settled) for at in range(people))
    return RoomBlock((name,), rows, (), settled)


def test_rooms_that_fit_are_shown_in_their_order() -> None:
    blocks = [_block("a", 2, settled=True), _block("b", 1, settled=False)]
    assert folded(blocks, 6) == ["a", "a0", "a1", "b", "b0"]


def test_rooms_that_differ_come_first_and_the_others_are_headings() -> None:
    blocks = [_block("a", 20, settled=True), _block("b", 2, settled=False)]
    assert folded(blocks, 10) == ["b", "b0", "b1", "a"]


def test_rooms_for_which_there_is_no_space_are_counted() -> None:
    blocks = [_block(f"r{at}", 9, settled=at > 2) for at in range(40)]
    lines = folded(blocks, 24)
    assert len(lines) <= 24
    assert lines[0] == "r0"
    assert lines[-1].startswith("  … and ")
    assert lines[-1].endswith(" more rooms")
    crowded = folded([_block(f"r{at}", 9, settled=False) for at in range(40)], 24)
    assert len(crowded) <= 24
    assert "of them not as declared" in crowded[-1]


def test_one_converged_room_larger_than_the_screen_shows_people() -> None:
    lines = folded([_block("a", 90, settled=True)], 24)
    assert len(lines) < 24
    assert lines[:2] == ["a", "a0"]
    assert lines[-1].startswith("  … and ")


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

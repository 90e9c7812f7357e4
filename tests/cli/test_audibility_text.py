"""Who hears whom, and whose calls end, as plan and status say it."""

import pytest
from msgspec.structs import replace

from reconciler.model.action import Remove
from reconciler.operations.audibility_text import (
    audibility_lines,
    heard_text,
    predicted_data,
    predicted_lines,
)
from reconciler.planning.plan import Person, Plan
from tests.planning.samples import (
    CA1,
    CA2,
    CA3,
    CF,
    CONFERENCE,
    ROOM,
    call_sid,
    leg,
    member,
    plan_for,
)

ANN, BOB, CARA = leg(CA1, "ann"), leg(CA2, "bob"), leg(CA3, "cara")


def crowd(count: int) -> Plan:
    people = tuple(
        Person(member(f"p{at:02}"), leg(call_sid(at + 1), f"p{at:02}"))
        for at in range(count)
    )
    return Plan(ROOM, 1, CONFERENCE, people=people)


def test_a_room_of_many_has_a_line_for_each_person() -> None:
    title, *lines = audibility_lines(crowd(14))
    assert title == "  audibility: who (row) is heard by whom (column)"
    assert lines[0].startswith("    p00: heard by p01, p02, ")
    assert lines[0].endswith("p12 and 1 more")
    assert len(lines) == 14


def test_an_empty_room_has_no_matrix() -> None:
    assert list(audibility_lines(Plan(ROOM, 1))) == []


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ((), "heard by nobody"),
        (("bob",), "heard by bob"),
        (("bob", "cara"), "heard by bob and cara"),
        (("bob", "cara", "dan"), "heard by bob, cara and dan"),
    ],
)
def test_names_are_listed(names: tuple[str, ...], text: str) -> None:
    assert heard_text(names) == text


def test_a_plan_says_whom_it_changes_the_audience_of() -> None:
    members = (member("ann", muted=True), member("bob"), member("cara"))
    plan = plan_for(*members, legs=(ANN, BOB, CARA))
    assert list(predicted_lines(plan)) == ["  > after this, ann is heard by nobody"]


def test_a_plan_that_changes_nobody_says_nothing() -> None:
    members = (member("ann"), member("bob"))
    assert list(predicted_lines(plan_for(*members, legs=(ANN, BOB)))) == []


def test_a_coach_is_heard_by_the_target_alone_after_the_plan() -> None:
    coach = member("ann", coaching="bob", muted=False)
    members = (coach, member("bob"), member("cara"))
    silent = replace(ANN, muted=True, coaching=True, call_sid_to_coach=CA2)
    plan = plan_for(*members, legs=(silent, BOB, CARA))
    assert list(predicted_lines(plan)) == ["  > after this, ann is heard by bob"]


def test_whoever_is_removed_takes_others_along_if_they_end_the_conference() -> None:
    host = replace(ANN, end_conference_on_exit=True)
    plan = replace(
        plan_for(member("ann"), member("bob"), member("cara"), legs=(host, BOB, CARA)),
        actions=(Remove("ann", CA1, CF, connected=True, reason="gone"),),
    )
    assert "  > removing ann ends the call for 2" in list(predicted_lines(plan))
    assert predicted_data(plan)["ended_with"] == [{"label": "ann", "calls": 2}]


def test_a_removal_that_ends_nobody_elses_call_is_not_mentioned() -> None:
    plan = replace(
        plan_for(member("ann"), member("bob"), member("cara"), legs=(ANN, BOB, CARA)),
        actions=(Remove("ann", CA1, CF, connected=True, reason="gone"),),
    )
    assert list(predicted_lines(plan)) == []

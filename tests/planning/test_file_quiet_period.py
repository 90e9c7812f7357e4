"""Nobody is removed on the word of a file that was written just now."""

import pytest
from msgspec.structs import replace

from reconciler.model.ledger import GuardKind
from reconciler.model.roster import OnChange, RoomState, Unlisted
from reconciler.planning.approval import approvable
from reconciler.planning.authority import Authority
from reconciler.planning.file_quiet_period import awaits_quiet
from reconciler.planning.guards import withheld_kinds
from reconciler.planning.plan import Plan
from reconciler.planning.planner import make_plan
from tests.planning.samples import (
    CA1,
    CA2,
    NOW,
    attempt,
    call,
    guards,
    ledger,
    leg,
    look,
    member,
    record,
    removed,
    roster,
)

DISMISSED = record("ann", attempt(), dismissed_at=NOW - 5)


def plan(quiet_at: float | None, state: RoomState = RoomState.OPEN) -> Plan:
    kept = replace(ledger(DISMISSED), quiet_at=quiet_at)
    return make_plan(replace(roster(), state=state), look(leg()), kept, NOW)


def test_a_dismissed_member_waits_for_the_file_to_be_quiet() -> None:
    waiting = plan(NOW + 2)

    assert removed(waiting) == []
    assert awaits_quiet(waiting)
    assert waiting.requeue_after == 2.0
    assert not waiting.converged


def test_the_file_is_not_asked_about_all_the_time_when_it_is_read_late() -> None:
    assert plan(NOW - 20).requeue_after == 2.0


def test_a_file_that_nobody_reads_again_waits_for_a_person() -> None:
    held = plan(NOW - 60)
    assert removed(held) == []
    assert not held.converged
    assert len(approvable(held)) == 1
    assert guards(held) == [("unread-file", "ann")]
    (reason,) = {each.reason for each in held.withheld}
    assert "reconciler sync" in reason
    assert "reconciler approve line" in reason
    kept = replace(ledger(DISMISSED), quiet_at=NOW - 60)
    word = Authority(forced="yes", forced_kinds=frozenset({GuardKind.REMOVALS}))
    forced = make_plan(roster(), look(leg()), kept, NOW, authority=word)
    assert removed(forced) == [CA1]


def test_what_an_unread_file_withholds_is_no_longer_withheld_once_it_is_read() -> None:
    held = plan(NOW - 60)
    assert withheld_kinds(held, ledger(DISMISSED), NOW) == ()


def test_a_room_is_not_ended_by_a_file_that_nobody_reads_again() -> None:
    assert guards(plan(NOW - 60, state=RoomState.ENDED)) == [("unread-file", "")]


def test_a_dismissed_member_is_removed_when_the_file_is_quiet() -> None:
    assert removed(plan(None)) == [CA1]
    assert not awaits_quiet(plan(None))


def test_a_room_is_not_ended_by_a_young_file() -> None:
    waiting = plan(NOW + 2, state=RoomState.ENDED)

    assert waiting.actions == ()
    assert awaits_quiet(waiting)
    assert plan(None, state=RoomState.ENDED).actions


def test_a_stranger_is_not_removed_by_a_young_file() -> None:
    kept = ledger(record("bob"))
    stranger = call(CA2, "+15559990001", inbound=True)
    seen = look(leg(CA2, None), calls=(stranger,))
    of = replace(roster(), unlisted=Unlisted.REMOVE)

    assert removed(make_plan(of, seen, kept, NOW)) == [CA2]
    young = replace(kept, quiet_at=NOW + 2)
    assert removed(make_plan(of, seen, young, NOW)) == []


@pytest.mark.parametrize(("quiet_at", "gone"), [(None, [CA1]), (NOW + 2, [])])
def test_a_member_is_not_redialed_by_a_young_file(
    quiet_at: float | None, gone: list[str]
) -> None:
    ann = member("ann", create_only=(("timeout", 20),), on_change=OnChange.REDIAL)
    others = leg(CA2, "bob")
    kept = replace(ledger(record("ann", attempt())), quiet_at=quiet_at)
    made = make_plan(roster(ann), look(leg(), others), kept, NOW)
    assert removed(made) == gone

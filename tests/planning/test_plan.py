import pytest
from msgspec.structs import replace

from reconciler.model.action import Change, ChangeKind, Harm, Remove, Ring
from reconciler.model.observation import ParticipantStatus, Unknown
from reconciler.model.roster import Fields
from reconciler.planning.order import SILENCING, Step, in_order, step_of
from reconciler.planning.plan import Phase, Plan, Waiting, Withheld
from reconciler.planning.planner import REQUEUE_SECONDS, make_plan
from tests.planning.samples import (
    CA1,
    CA2,
    CF,
    CONFERENCE,
    NOW,
    attempt,
    ledger,
    leg,
    look,
    member,
    plan_for,
    record,
    roster,
    standing,
)

RING = Ring("ann", "+15551230001", CF, (), (), 1, 1, "")
REMOVE = Remove("bob", CA2, CF, connected=True, reason="")


def change(
    kind: ChangeKind,
    harm: Harm = Harm.NONE,
    *,
    memory: Fields = (),
    safety: bool = False,
) -> Change:
    return Change("ann", CA1, CF, kind, (), harm, "", memory, safety)


ORDERED = (
    change(ChangeKind.MUTE, Harm.SILENCE, safety=True),
    change(ChangeKind.HOLD, Harm.SILENCE),
    change(ChangeKind.MUTE, Harm.SILENCE),
    change(ChangeKind.EXIT),
    RING,
    change(ChangeKind.COACHING),
    REMOVE,
    change(ChangeKind.COACHING, Harm.EXPOSE),
    change(ChangeKind.MUTE, Harm.EXPOSE),
)


@pytest.mark.parametrize("turn", range(len(ORDERED)))
def test_actions_are_put_in_order_however_they_come(turn: int) -> None:
    mixed = (*ORDERED[turn:], *ORDERED[:turn])
    assert in_order(mixed) == ORDERED
    assert in_order(reversed(ORDERED)) == ORDERED


@pytest.mark.parametrize(
    ("kind", "step"),
    [
        (ChangeKind.HOLD, Step.SETTLE),
        (ChangeKind.EXIT, Step.SETTLE),
        (ChangeKind.WAIT, Step.SETTLE),
        (ChangeKind.ANNOUNCE, Step.SETTLE),
        (ChangeKind.COACHING, Step.COACH),
    ],
)
def test_what_harms_nobody_settles_before_anybody_is_rung(
    kind: ChangeKind, step: Step
) -> None:
    assert step_of(change(kind)) is step


def test_the_silences_are_the_first_steps() -> None:
    assert {Step.SILENCE_COACH, Step.HOLD, Step.SILENCE} == SILENCING


def test_an_unknown_room_is_looked_at_again_and_left_alone() -> None:
    plan = make_plan(roster(member("ann")), Unknown("line", "no"), ledger(), NOW, 3)
    assert plan == Plan("line", 3, requeue_after=REQUEUE_SECONDS, unknown="no")
    assert not plan.converged
    assert not plan.stalled


def test_a_room_as_declared_needs_nothing_and_no_further_look() -> None:
    plan = plan_for(member("ann", muted=False), legs=(leg(),))
    assert plan.converged
    assert (plan.actions, plan.waiting, plan.findings) == ((), (), ())
    assert plan.requeue_after is None
    assert (plan.conference, plan.generation) == (CONFERENCE, 1)
    assert [(each.phase, each.leg) for each in plan.people] == [
        (Phase.CONNECTED, leg())
    ]


def test_a_room_that_moves_is_looked_at_again_soon() -> None:
    acting = plan_for(member("ann"), legs=())
    ringing = plan_for(member("ann"), legs=(leg(status=ParticipantStatus.RINGING),))
    assert acting.requeue_after == REQUEUE_SECONDS
    assert ringing.requeue_after == REQUEUE_SECONDS
    assert [each.phase for each in ringing.people] == [Phase.RINGING]


def test_people_are_in_the_order_of_the_file() -> None:
    plan = plan_for(member("sup"), member("ann"), member("bob"), legs=(leg(),))
    assert [each.member.label for each in plan.people] == ["sup", "ann", "bob"]


def test_a_plan_changes_neither_ledger_nor_look() -> None:
    kept, seen = ledger(record("ann", attempt())), look(leg())
    again = ledger(record("ann", attempt())), look(leg())
    make_plan(roster(member("ann")), seen, kept, NOW)
    assert (kept, seen) == again


def test_two_labels_in_tombstones_with_one_number_are_each_their_own() -> None:
    legs = (leg(CA1, "one"), leg(CA2, "two"))
    kept = standing(*legs)
    gone = {
        label: replace(each, to="+15551230001", dismissed_at=NOW - 5)
        for label, each in kept.records.items()
    }
    plan = make_plan(roster(), look(*legs), replace(kept, records=gone), NOW)
    assert [(a.label, a.call_sid) for a in plan.actions if isinstance(a, Remove)] == [
        ("one", CA1),
        ("two", CA2),
    ]


WAIT = Waiting("ann", Phase.WAITING, "")


@pytest.mark.parametrize(
    ("plan", "converged", "stalled"),
    [
        pytest.param(Plan("r", 1), True, False, id="nothing"),
        pytest.param(Plan("r", 1, actions=(RING,)), False, False, id="action"),
        pytest.param(
            Plan("r", 1, withheld=(Withheld(RING, "g", ""),)), False, True,
            id="withheld",
        ),
        pytest.param(Plan("r", 1, waiting=(WAIT,)), False, False, id="waiting"),
        pytest.param(
            Plan("r", 1, waiting=(replace(WAIT, settled=True),)), True, False,
            id="settled",
        ),
        pytest.param(
            Plan("r", 1, waiting=(replace(WAIT, phase=Phase.STALLED),)), False, True,
            id="stalled",
        ),
    ],
)  # fmt: skip
def test_a_plan_says_whether_it_is_done_or_for_a_person(
    plan: Plan, *, converged: bool, stalled: bool
) -> None:
    assert (plan.converged, plan.stalled) == (converged, stalled)

from typing import Any

import pytest

from reconciler.model.action import Ring
from reconciler.model.attempt import AttemptState
from reconciler.model.ledger import GuardKind
from reconciler.model.parameter import TABLE, Class, Parameter, ValueKind
from reconciler.model.roster import OnChange, Value
from reconciler.planning.authority import Authority
from reconciler.planning.coaching import Advice
from reconciler.planning.create_parameters import redial_needed, ring
from reconciler.planning.planner import make_plan
from reconciler.planning.redial import RingAllowed
from tests.planning.samples import (
    CA1,
    CA2,
    CONFERENCE,
    NOW,
    NUMBERS,
    ROOM,
    SENDER,
    attempt,
    changes,
    guards,
    ledger,
    leg,
    look,
    member,
    plan_for,
    record,
    removed,
    rings,
    roster,
)

SETTLED = [each for each in TABLE if each.cls in {Class.CREATE_ONLY, Class.WRITE_ONLY}]
ALONE = Advice(may_speak=True)


def rung(advice: Advice = ALONE, **declared: Any) -> Ring:
    ann = member("ann", **declared)
    return ring(CONFERENCE.sid, ann, advice, RingAllowed(2, "why"), 7)


def sample(parameter: Parameter) -> Value:
    if parameter.kind is ValueKind.BOOLEAN:
        return True
    if parameter.kind is ValueKind.INTEGER:
        return parameter.least or 1
    if parameter.kind is ValueKind.WORDS:
        return parameter.words[:2]
    return parameter.words[0] if parameter.words else "https://x.test"


def test_a_create_says_who_is_rung_and_nothing_undeclared() -> None:
    assert dict(rung().fields) == {
        "label": "ann",
        "to": NUMBERS["ann"],
        "from": SENDER,
    }
    assert (rung().intent, rung().number, rung().reason) == (7, 2, "why")
    assert rung().memory == ()


def test_a_create_goes_to_the_conference_or_else_by_name() -> None:
    assert rung().conference == CONFERENCE.sid
    by_name = ring(ROOM, member("ann"), ALONE, RingAllowed(1, ""), 1)
    assert by_name.conference == ROOM


@pytest.mark.parametrize("parameter", SETTLED, ids=lambda each: each.name)
def test_every_parameter_of_the_table_that_create_takes_is_sent(
    parameter: Parameter,
) -> None:
    kind = "create_only" if parameter.cls is Class.CREATE_ONLY else "write_only"
    value = sample(parameter)
    declared: dict[str, Any] = {kind: ((parameter.name, value),)}
    made = rung(**declared)
    sent = dict(made.fields)
    assert sent.get(parameter.name) == (value if parameter.create else None)
    remembered = parameter.create and parameter.cls is Class.WRITE_ONLY
    assert dict(made.memory) == ({parameter.name: value} if remembered else {})


@pytest.mark.parametrize("muted", [True, False])
@pytest.mark.parametrize("ends", [True, False])
def test_declared_states_are_sent_with_the_create(*, muted: bool, ends: bool) -> None:
    sent = dict(rung(muted=muted, end_conference_on_exit=ends, coaching=False).fields)
    assert sent["muted"] is muted
    assert sent["end_conference_on_exit"] is ends
    assert sent["coaching"] is False


@pytest.mark.parametrize("muted", [None, True, False])
@pytest.mark.parametrize(
    ("declared", "advice"),
    [
        pytest.param({"hold": True}, ALONE, id="to be held"),
        pytest.param(
            {"coaching": "bob"}, Advice(may_speak=False, pair_with=CA2), id="coach"
        ),
    ],
)
def test_a_coach_and_somebody_to_be_held_join_muted(
    declared: dict[str, Any], advice: Advice, *, muted: bool | None
) -> None:
    made = rung(advice, muted=muted, **declared)
    assert dict(made.fields)["muted"] is True
    assert dict(made.memory) == ({"muted": True} if muted is None else {})
    assert "hold" not in dict(made.fields)


def test_fields_are_sorted_by_name() -> None:
    names = [name for name, _ in rung(muted=True, hold=True).fields]
    assert names == sorted(names)


@pytest.mark.parametrize(
    ("declared", "names"),
    [
        pytest.param({}, (), id="as it was"),
        pytest.param({"muted": True}, (), id="a state"),
        pytest.param({"write_only": (("wait_url", ""),)}, (), id="write-only"),
        pytest.param({"sender": "+15550000000"}, ("from",), id="from"),
        pytest.param({"to": "+15550000000"}, ("to",), id="to"),
        pytest.param({"create_only": (("timeout", 9),)}, ("timeout",), id="added"),
    ],
)
def test_only_what_is_settled_at_the_dial_needs_a_redial(
    declared: dict[str, Any], names: tuple[str, ...]
) -> None:
    assert redial_needed(member("ann", **declared), attempt()) == names


def test_a_parameter_taken_back_needs_a_redial() -> None:
    before = attempt(sent=(*attempt().sent, ("timeout", 9)))
    assert redial_needed(member("ann"), before) == ("timeout",)


def test_of_a_call_that_was_found_only_the_address_is_known() -> None:
    found = attempt(number=0, sent=())
    assert redial_needed(member("ann", create_only=(("timeout", 9),)), found) == ()
    assert redial_needed(member("ann", to="client:ann"), found) == ("to",)


def test_a_redial_is_withheld_unless_declared() -> None:
    changed = {"create_only": (("timeout", 9),)}
    plan = plan_for(member("ann", **changed), legs=(leg(),))
    assert (plan.actions, guards(plan)) == ((), [("needs-redial", "ann")])
    assert "reconciler approve line --redials" in plan.withheld[0].reason
    forced = Authority(forced="force")
    named = Authority(forced="yes", forced_kinds=frozenset({GuardKind.REDIALS}))
    for word, gone in ((forced, []), (named, [CA1])):
        plan = plan_for(member("ann", **changed), legs=(leg(),), authority=word)
        assert removed(plan) == gone
    eager = member("ann", on_change=OnChange.REDIAL, **changed)
    assert removed(plan_for(eager, legs=(leg(),))) == [CA1]


def test_what_a_lost_create_said_is_remembered_while_its_roster_stands() -> None:
    ann = member("ann", hold=True, write_only=(("wait_url", "u"),))
    sent = (*attempt().sent, ("muted", True), ("wait_url", "u"))
    kept = ledger(record("ann", attempt(sent=sent, connected_at=NOW - 5)))
    held = look(leg(muted=True, hold=True))
    plan = make_plan(roster(ann), held, kept, NOW, 1)
    assert [dict(each.memory) for each in changes(plan, "ann")] == [{"muted": False}]
    assert make_plan(roster(ann), held, kept, NOW, 2).actions == ()


def test_a_member_with_a_ring_that_is_open_is_not_rung() -> None:
    for state in (AttemptState.PENDING, AttemptState.UNKNOWN):
        kept = ledger(record("ann", attempt(state=state, call_sid=None)))
        assert rings(make_plan(roster(member("ann")), look(), kept, NOW)) == []

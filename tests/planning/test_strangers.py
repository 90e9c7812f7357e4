"""Who may be a member: what all readings agree on, and what is undone later."""

from itertools import product

import pytest
from msgspec.structs import replace

from reconciler.model.action import Change, Harm
from reconciler.model.ledger import Ledger
from reconciler.model.observation import Call, Participant
from reconciler.model.roster import Limits, Member, Unlisted, Value
from reconciler.planning.absence import NO_RECORD_SECONDS
from reconciler.planning.call_facts import MEMBER, STRANGER, remembered_first
from reconciler.planning.plan import Plan
from reconciler.planning.planner import make_plan
from reconciler.planning.serialize import status_data
from tests.planning.samples import (
    CA1,
    CA2,
    CA3,
    NOW,
    NUMBERS,
    attempt,
    call,
    field_changes,
    ledger,
    leg,
    look,
    member,
    reasons,
    record,
    removed,
    roster,
)

DESK = "+15550100900"
STRANGE = call(CA1, "+15559990001", inbound=True)
OPINIONS = (None, False, True)
AGREEABLE = {
    Unlisted.KEEP: set[str](),
    Unlisted.MUTE: {"muted"},
    Unlisted.HOLD: {"hold"},
    Unlisted.REMOVE: {"muted", "hold"},
}


def plan_of(
    *members: Member,
    rule: Unlisted,
    shown: Participant,
    read: Call | None = None,
    memory: dict[str, Value] | None = None,
    kept: Ledger | None = None,
) -> Plan:
    records = (record(each.label, to=each.to) for each in members)
    known = kept or ledger(*records, memory={CA1: memory or {}})
    seen = look(shown, calls=(read,) if read else ())
    return make_plan(roster(*members, unlisted=rule), seen, known, NOW)


def given(plan: Plan) -> dict[str, Value]:
    """What is changed on the leg, by field."""
    changes = [each for each in plan.actions if isinstance(each, Change)]
    assert {each.call_sid for each in changes} <= {CA1}
    return {
        name: value for each in changes for name, value in field_changes(each).items()
    }


def silences(said: Member) -> set[str]:
    if said.coaching:
        return {"muted"} | ({"hold"} if said.hold else set())
    if said.hold:
        return {"hold"} | ({"muted"} if said.muted else set())
    return {"muted"} if said.muted else set()


@pytest.mark.parametrize(
    ("rule", "first", "second", "shared"),
    [
        (rule, one, two, shared)
        for rule in Unlisted
        for one in product(OPINIONS, OPINIONS, (None, "cara"))
        for two in ((True, None, None), (None, True, None), (None, None, None))
        for shared in (True, False)
    ],
)
def test_a_silence_is_given_in_doubt_only_where_all_readings_agree(
    rule: Unlisted,
    first: tuple[bool | None, bool | None, str | None],
    second: tuple[bool | None, bool | None, str | None],
    *,
    shared: bool,
) -> None:
    """*shared*: the call shows a number of two; else no record of it is known."""
    people = [
        member(name, to=DESK, muted=muted, hold=hold, coaching=coaching)
        for name, (muted, hold, coaching) in (("j1", first), ("j2", second))
    ]
    read = call(CA1, DESK, inbound=True) if shared else None
    plan = plan_of(*people, rule=rule, shown=leg(CA1, None), read=read)
    agreed = AGREEABLE[rule] & silences(people[0]) & silences(people[1])
    assert given(plan) == dict.fromkeys(agreed, True)
    assert removed(plan) == []


def test_a_desk_that_two_muted_members_share_is_muted_and_status_says_what_resolves_it() -> (
    None
):
    people = [member(name, to=DESK, muted=True) for name in ("j1", "j2")]
    read = call(CA1, DESK, inbound=True)
    plan = plan_of(*people, rule=Unlisted.MUTE, shown=leg(CA1, None), read=read)
    assert given(plan) == {"muted": True}
    (shown,) = status_data(plan, "")["unlisted"]
    for told in (shown["reason"], *reasons(plan, "j1"), *reasons(plan, "j2")):
        assert "declare the number for one of them only" in told
        assert "participantLabel" in told


@pytest.mark.parametrize("rule", list(Unlisted))
def test_a_stranger_whose_call_is_unread_is_left_alone_while_a_member_may_be_it(
    rule: Unlisted,
) -> None:
    plan = plan_of(member("ann"), rule=rule, shown=leg(CA1, None))
    assert given(plan) == {}
    assert removed(plan) == []
    waits = [each for each in plan.waiting if each.label == ""]
    assert [each.settled for each in waits] == (
        [] if rule is Unlisted.KEEP else [False]
    )


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        (Unlisted.KEEP, {}),
        (Unlisted.MUTE, {"muted": True}),
        (Unlisted.HOLD, {"hold": True}),
        (Unlisted.REMOVE, {}),
    ],
)
def test_a_call_that_never_gets_a_record_is_silenced_after_a_while_and_never_removed(
    rule: Unlisted, wanted: dict[str, Value]
) -> None:
    shown = leg(CA1, None, created_at=NOW - NO_RECORD_SECONDS)
    plan = plan_of(member("ann"), rule=rule, shown=shown)
    assert given(plan) == wanted
    assert removed(plan) == []


@pytest.mark.parametrize(("field", "rule"), [("muted", "mute"), ("hold", "hold")])
def test_what_a_stranger_was_given_is_remembered_before_it_is_sent(
    field: str, rule: str
) -> None:
    plan = plan_of(rule=Unlisted(rule), shown=leg(CA1, None), read=STRANGE)
    (change,) = plan.actions
    assert isinstance(change, Change)
    assert change.memory == ((f"assumed_{field}", STRANGER),)
    assert remembered_first(change)


@pytest.mark.parametrize(
    ("field", "opinion", "shown"), list(product(("muted", "hold"), OPINIONS, (0, 1)))
)
def test_what_a_stranger_was_given_ends_once_they_are_a_member_without_an_opinion(
    field: str, opinion: bool | None, shown: int
) -> None:
    ann = member("ann", **{field: opinion})
    plan = plan_of(
        ann,
        rule=Unlisted.MUTE,
        shown=leg(CA1, None, **{field: bool(shown)}),
        read=call(CA1, NUMBERS["ann"], inbound=True),
        memory={f"assumed_{field}": STRANGER},
    )
    if opinion is None:
        assert given(plan) == {field: False}
        (change,) = plan.actions
        assert isinstance(change, Change)
        assert change.harm is Harm.EXPOSE
        assert (f"assumed_{field}", False) in change.memory
    else:
        assert given(plan) == ({} if opinion == bool(shown) else {field: opinion})


def test_a_mute_that_somebody_else_gave_is_not_undone() -> None:
    plan = plan_of(
        member("ann"),
        rule=Unlisted.MUTE,
        shown=leg(CA1, None, muted=True),
        read=call(CA1, NUMBERS["ann"], inbound=True),
        memory={"assumed_muted": False},
    )
    assert plan.converged


def test_a_label_alone_silences_exposes_nobody_and_adopts_nobody() -> None:
    bob = member("bob", muted=True, hold=False)
    plan = plan_of(bob, rule=Unlisted.KEEP, shown=leg(CA1, "bob", hold=True))
    assert given(plan) == {"muted": True}
    (change,) = plan.actions
    assert isinstance(change, Change)
    assert ("assumed_muted", MEMBER) in change.memory
    assert plan.findings == ()
    assert reasons(plan, "bob") == [f"waits: Twilio does not show the call {CA1} yet"]


@pytest.mark.parametrize(
    ("rule", "ends"),
    [
        (Unlisted.KEEP, {"muted": False}),
        (Unlisted.MUTE, {}),
        (Unlisted.HOLD, {"hold": True, "muted": False}),
    ],
)
def test_an_impostor_is_released_from_what_a_label_brought_them(
    rule: Unlisted, ends: dict[str, Value]
) -> None:
    plan = plan_of(
        member("bob", muted=True),
        rule=rule,
        shown=leg(CA1, "bob", muted=True),
        read=call(CA1, "+15559990001"),
        memory={"assumed_muted": MEMBER},
    )
    assert given(plan) == ends
    assert [each.call_sid for each in plan.unlisted] == [CA1]


def test_an_impostor_who_coaches_is_not_made_audible() -> None:
    plan = plan_of(
        member("bob", muted=True),
        rule=Unlisted.KEEP,
        shown=leg(CA1, "bob", muted=True, coaching=True, call_sid_to_coach=CA2),
        read=call(CA1, "+15559990001"),
        memory={"assumed_muted": MEMBER},
    )
    assert given(plan) == {}


@pytest.mark.parametrize("listed", [True, False])
def test_an_adoption_that_the_call_record_contradicts_does_not_count(
    *, listed: bool
) -> None:
    """Bob had been adopted by his label; the call is to somebody else."""
    adopted = attempt("bob", number=0, sent=(), connected_at=NOW - 50)
    bob = record("bob", adopted, dismissed_at=None if listed else NOW - 5)
    people = [member("bob")] if listed else []
    plan = plan_of(
        *people,
        rule=Unlisted.KEEP,
        shown=leg(CA1, "bob"),
        read=call(CA1, "+15559990001"),
        kept=ledger(bob),
    )
    assert [each.call_sid for each in plan.unlisted] == [CA1]
    assert plan.actions == ()


def test_an_adoption_stands_while_the_address_of_the_entry_changes() -> None:
    adopted = attempt("ann", number=0, sent=(), connected_at=NOW - 50)
    known = ledger(
        record("ann", adopted, to="+15550000123"),
        identities={CA1: call(CA1, NUMBERS["ann"], inbound=True)},
    )
    plan = plan_of(
        member("ann", to="+15550000123"),
        rule=Unlisted.REMOVE,
        shown=leg(CA1, None),
        kept=known,
    )
    assert plan.unlisted == ()
    assert plan.actions == ()


def test_somebody_dismissed_of_whom_only_the_label_tells_is_not_removed_yet() -> None:
    known = ledger(record("bob", dismissed_at=NOW - 5))
    shown = leg(CA1, "bob", created_at=NOW - 1)
    waiting = plan_of(rule=Unlisted.KEEP, shown=shown, kept=known)
    read = call(CA1, NUMBERS["bob"], inbound=True)
    told = plan_of(rule=Unlisted.KEEP, shown=shown, read=read, kept=known)
    assert (removed(waiting), removed(told)) == ([], [CA1])
    assert "not removed: Twilio does not show" in reasons(waiting, "bob")[0]


def test_a_person_who_was_held_as_a_stranger_is_released_though_still_shown_free() -> (
    None
):
    """The list may lag behind our hold: it is ended once, and off the record."""
    plan = plan_of(
        replace(member("ann"), muted=True),
        rule=Unlisted.HOLD,
        shown=leg(CA1, None, muted=True),
        read=call(CA1, NUMBERS["ann"], inbound=True),
        memory={"assumed_hold": STRANGER},
    )
    assert given(plan) == {"hold": False}


def test_the_last_one_who_is_silenced_until_the_removal_is_released_when_listed_again() -> (
    None
):
    gone = record("bob", attempt("bob", connected_at=NOW - 50), dismissed_at=NOW - 5)
    known = ledger(gone, record("ann"))
    plan = make_plan(roster(member("ann")), look(leg(CA1, "bob")), known, NOW, 2)
    (silence,) = (each for each in plan.actions if isinstance(each, Change))
    assert silence.memory == (("assumed_muted", STRANGER),)
    again = plan_of(
        member("bob"),
        rule=Unlisted.KEEP,
        shown=leg(CA1, "bob", muted=True),
        read=call(CA1, NUMBERS["bob"]),
        memory=dict(silence.memory),
    )
    assert given(again) == {"muted": False}


@pytest.mark.parametrize(
    ("rule", "limit", "silenced", "gone"),
    [
        (Unlisted.MUTE, 1, {"bob": {"muted": True}, "cara": {"muted": True}}, []),
        (Unlisted.HOLD, 1, {"bob": {"hold": True}, "cara": {"hold": True}}, []),
        (Unlisted.KEEP, 1, {}, []),
        (Unlisted.MUTE, 2, {}, [CA2, CA3]),
    ],
)
@pytest.mark.parametrize("is_for_a_time", [True, False])
def test_who_left_the_roster_and_may_not_be_removed_is_silenced_as_all_are_for_now(
    rule: Unlisted,
    limit: int,
    silenced: dict[str, dict[str, Value]],
    gone: list[str],
    *,
    is_for_a_time: bool,
) -> None:
    placed = {"bob": CA2, "cara": CA3}
    dismissed = (
        record(x, attempt(x, call_sid=sid), dismissed_at=NOW - 5)
        for x, sid in placed.items()
    )
    kept = ledger(record("ann", attempt()), *dismissed)
    seen = look(leg(), leg(CA2, "bob"), leg(CA3, "cara"))
    declared = replace(
        roster(member(), unlisted=rule, limits=Limits(removals=limit)),
        temporary_unlisted=is_for_a_time,
    )
    plan = make_plan(declared, seen, kept, NOW)
    changes = {
        each.label: {x.name: x.after for x in each.field_changes}
        for each in plan.actions
        if isinstance(each, Change)
    }
    assert changes == (silenced if is_for_a_time else {})
    assert removed(plan) == gone

"""Plans of rooms at rest are not made again, and never where anything differs."""

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.engine.desired_room import Desired, Standing
from reconciler.engine.room import evaluation
from reconciler.engine.room.evaluation import Inputs, compared
from reconciler.engine.room.plan_memo import MAX_AGE_SECONDS, NO_INPUTS, PlanMemo
from reconciler.model.declaration import Origin, Pin
from reconciler.model.ledger import (
    Approval,
    Correction,
    Elsewhere,
    Exhausted,
    GuardKind,
    Ledger,
    WithheldKind,
)
from reconciler.model.observation import (
    RING,
    ConferenceStatus,
    Observation,
    Participant,
    ParticipantStatus,
    Unknown,
)
from reconciler.model.policy import Policy
from reconciler.model.watermark import Watermark
from reconciler.planning import planner
from reconciler.planning.authority import GUARDED, Authority
from reconciler.planning.plan import Plan
from reconciler.planning.planner import make_plan
from reconciler.planning.resting_plan import resting_plan
from tests.planning.samples import (
    CA1,
    CA2,
    CA3,
    CONFERENCE,
    NOW,
    ROOM,
    attempt,
    call,
    leg,
    member,
    record,
    roster,
)
from tests.simulation.mutations import replaced

ANN, BOB = leg(), leg(CA2, "bob", muted=True)
DESIRED = Desired(roster(member("ann"), member("bob", muted=True)), 3)
CALLS = (
    attempt("ann", connected_at=NOW - 95),
    attempt("bob", id=2, call_sid=CA2, connected_at=NOW - 95),
)
LEDGER = Ledger(
    {x.label: record(x.label, x) for x in CALLS}, conference_sid=CONFERENCE.sid
)
SEEN = Observation(ROOM, CONFERENCE, (ANN, BOB), alone=True)
HELD = WithheldKind(GuardKind.RINGS, "rings", "too many", NOW - 5)
OTHER_ROOM = replace(attempt("ann"), room="other", id=9)

OTHER_LEDGERS: dict[str, Any] = {
    "records": {x.label: record(x.label, x, intent=2) for x in CALLS},
    "memory": {CA1: {"hold_url": "https://example.com/music"}},
    "identities": {CA1: call()},
    "corrections": (Correction(CA1, "muted=False", NOW - 300),),
    "removals": {CA3: NOW - 20},
    "withheld": {HELD.kind: HELD},
    "past_protection": {"+15551230003": NOW + 5},
    "emptied": True,
    "quiet_at": NOW + 2,
    "exhausted": {"+15551230001": Exhausted(NOW + 5, "policy")},
    "asked": True,
    "conference_sid": None,
    "elsewhere": (Elsewhere(OTHER_ROOM, released=False, listed=True),),
    "claimed": frozenset({CA3}),
    "approval": Approval("f", "why", "ops", NOW + 60),
    "under_way": frozenset({7}),
}
OTHER_LEGS: dict[str, Any] = {
    "call_sid": CA3,
    "conference_sid": "CF" + "1" * 32,
    "label": "cara",
    "status": ParticipantStatus.RINGING,
    "muted": True,
    "hold": True,
    "coaching": True,
    "call_sid_to_coach": CA2,
    "end_conference_on_exit": True,
    "start_conference_on_enter": False,
    "created_at": NOW - 9,
}
OTHER_DESIRED: dict[str, Any] = {
    "roster": roster(member("ann"), member("bob", muted=False)),
    "generation": 4,
    "standing": Standing.PAUSED,
    "paused_until": NOW + 60,
    "paused_by": "ops",
    "released_by": "ops",
    "mode": "sidebar",
    "effective_until": NOW + 60,
    "origins": (Origin("ann", "muted", "override"),),
    "pin": Pin(1, NOW, "ops", "", 2, "hash"),
    "account": "emea",
}


class Looks:
    """Looks at a room with one memo; ``planned`` counts the plans that were made."""

    def __init__(self) -> None:
        self.memo, self.planned = PlanMemo(), 0

    def at(
        self,
        seconds: float,
        desired: Desired = DESIRED,
        *,
        ledger: Ledger = LEDGER,
        seen: Observation | Unknown = SEEN,
        authority: Authority = GUARDED,
        only: frozenset[str] | None = None,
    ) -> bool:
        """Whether the look was planned; what it comes to is as without the memo."""
        now, before = NOW + seconds, self.planned
        inputs = Inputs(desired, ledger, seen, now, authority, only)
        found = self.memo.compared(inputs)
        planned = self.planned > before
        assert found == compared(inputs)
        return planned


@pytest.fixture
def looks() -> Iterator[Looks]:
    counted = Looks()

    def counting(*args: Any, **more: Any) -> Plan:
        counted.planned += 1
        return make_plan(*args, **more)

    with replaced(evaluation, "make_plan", counting):
        yield counted


def test_a_room_at_rest_is_planned_once_while_nothing_differs(looks: Looks) -> None:
    assert looks.at(0)
    assert not looks.at(60)
    assert not looks.at(120, ledger=replace(LEDGER, watermark=Watermark(9)))


@pytest.mark.parametrize("name", OTHER_LEDGERS)
def test_a_ledger_that_differs_is_planned(looks: Looks, name: str) -> None:
    looks.at(0)
    assert looks.at(1, ledger=replace(LEDGER, **{name: OTHER_LEDGERS[name]}))


@pytest.mark.parametrize("name", OTHER_LEGS)
def test_a_leg_that_differs_is_planned(looks: Looks, name: str) -> None:
    looks.at(0)
    other = replace(ANN, **{name: OTHER_LEGS[name]})
    assert looks.at(1, seen=replace(SEEN, participants=(other, BOB)))


@pytest.mark.parametrize("name", OTHER_DESIRED)
def test_a_declaration_that_differs_is_planned(looks: Looks, name: str) -> None:
    looks.at(0)
    assert looks.at(1, replace(DESIRED, **{name: OTHER_DESIRED[name]}))


def test_every_input_of_a_plan_is_among_those_that_may_differ() -> None:
    ledger = set(Ledger.__struct_fields__)
    assert ledger == OTHER_LEDGERS.keys() | NO_INPUTS
    assert set(Participant.__struct_fields__) == OTHER_LEGS.keys()
    assert {*Desired.__struct_fields__} - {"decisions"} == OTHER_DESIRED.keys()
    listed = {"room", "conference", "participants", "lacks"}
    asked = {"reported", "calls", "searched", "last", "alone"}
    others = {"listing", "listed_at"}
    assert set(Observation.__struct_fields__) == {*listed, *asked, *others}


def test_no_plan_depends_on_what_is_left_out() -> None:
    other = replace(
        LEDGER, last_free_token=None, watermark=Watermark(5), observed="else"
    )
    plans = [make_plan(DESIRED.roster, SEEN, x, NOW, 3) for x in (LEDGER, other)]
    assert plans[0] == plans[1]


def test_who_comes_who_goes_and_another_conference_are_planned(looks: Looks) -> None:
    begins = replace(CONFERENCE, status=ConferenceStatus.INIT)
    for other in (
        replace(SEEN, participants=(ANN,)),
        replace(SEEN, participants=(ANN, BOB, leg(CA3, None))),
        replace(SEEN, conference=begins),
        replace(SEEN, lacks=frozenset({RING})),
        replace(SEEN, conference=replace(CONFERENCE, sid="CF" + "1" * 32)),
        Unknown(ROOM, "503"),
    ):
        looks.memo = PlanMemo()
        looks.at(0)
        assert looks.at(1, seen=other)


def test_another_account_or_policy_is_planned(looks: Looks) -> None:
    for other in (Authority("AC1"), Authority(policy=Policy(addresses=("+44",)))):
        looks.at(0)
        assert looks.at(1, authority=other)
        assert not looks.at(2, authority=other)


def test_what_a_person_forces_is_always_planned(looks: Looks) -> None:
    forced = Authority(forced="a drill")
    looks.at(0)
    assert looks.at(1, authority=forced)
    assert looks.at(2, authority=forced)


def test_a_plan_for_some_people_only_is_always_made(looks: Looks) -> None:
    looks.at(0)
    assert looks.at(1, only=frozenset({"ann"}))
    assert looks.at(2, only=frozenset({"ann"}))


def test_a_room_of_which_more_than_the_listing_was_asked_is_planned(
    looks: Looks,
) -> None:
    asked = replace(SEEN, alone=False, calls={CA1: call()})
    looks.at(0)
    assert looks.at(1, seen=asked)
    assert looks.at(2, seen=asked)


def test_a_plan_is_made_once_an_hour_and_when_the_clock_was_put_back(
    looks: Looks,
) -> None:
    looks.at(0)
    assert not looks.at(MAX_AGE_SECONDS - 1)
    assert looks.at(MAX_AGE_SECONDS)
    assert looks.at(-1)


def test_a_room_in_which_anything_is_to_be_done_is_always_planned(looks: Looks) -> None:
    looks.at(0)
    loud = replace(SEEN, participants=(ANN, replace(BOB, muted=False)))
    assert looks.at(1, seen=loud)
    assert looks.at(2, seen=loud)


def test_a_room_that_another_process_had_is_planned(looks: Looks) -> None:
    looks.at(0)
    looks.memo.forget((ROOM, "other"))
    assert looks.at(1)


def test_rooms_do_not_share_what_is_known(looks: Looks) -> None:
    looks.at(0)
    other = replace(DESIRED, roster=replace(DESIRED.roster, room="other"))
    assert looks.at(1, other, seen=replace(SEEN, room="other"))


def test_a_planner_that_finds_more_than_rest_is_believed(looks: Looks) -> None:
    """What looks like rest is the plan only where planning came to it."""
    assert resting_plan(DESIRED.roster, SEEN, 3) is not None

    def restless(*args: Any, **more: Any) -> Plan:
        looks.planned += 1
        return replace(planner.make_plan(*args, **more), requeue_after=2.0)

    with replaced(evaluation, "make_plan", restless):
        assert looks.at(0)
        assert looks.at(1)

"""Callers: admitted as declared from the first moment, or rejected."""

from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.model.attempt import AttemptState
from reconciler.model.caller import WITHHELD_NUMBERS
from reconciler.model.ledger import Ledger
from reconciler.model.roster import Member, RoomState, Roster, Unlisted
from reconciler.planning.admission import (
    ARRIVAL_SECONDS,
    Admission,
    IncomingCall,
    Rejection,
    admit,
)
from reconciler.planning.call_facts import ABSENT, STRANGER, admitted, assumed
from reconciler.planning.plan import Phase
from reconciler.planning.planner import make_plan
from tests.planning.samples import (
    CA1,
    CA2,
    NOW,
    NUMBERS,
    ROOM,
    attempt,
    call,
    ledger,
    leg,
    look,
    member,
    record,
    rings,
    roster,
)

STRANGER_NUMBER = "+15559990001"
IN_THE_ROOM = record("ann", attempt("ann", connected_at=NOW - 50))
NOTED = (admitted("bob"), int(NOW))


def answer(
    people: Roster | None, caller: str = NUMBERS["bob"], known: Ledger | None = None
) -> Admission | Rejection:
    known = known or ledger(record("ann"), record("bob"))
    return admit(people, known, IncomingCall(CA2, caller), NOW)


def joins(
    people: Roster, caller: str = NUMBERS["bob"], known: Ledger | None = None
) -> Admission:
    found = answer(people, caller, known)
    assert isinstance(found, Admission), found
    assert found.room == ROOM
    return found


@pytest.mark.parametrize(
    ("declared", "fields", "memory"),
    [
        pytest.param({}, {}, {}, id="no opinion"),
        pytest.param({"muted": True}, {"muted": True}, {}, id="muted"),
        pytest.param({"muted": False}, {"muted": False}, {}, id="not muted"),
        pytest.param({"hold": True}, {"muted": True}, {"muted": True}, id="on hold"),
        pytest.param(
            {"hold": True, "muted": False}, {"muted": True}, {}, id="held, not muted"
        ),
        pytest.param(
            {"coaching": "ann"}, {"muted": True}, {"muted": True}, id="target absent"
        ),
        pytest.param(
            {"coaching": CA1}, {"muted": True}, {"muted": True}, id="target by call"
        ),
        pytest.param({"coaching": False}, {"coaching": False}, {}, id="no coach"),
        pytest.param(
            {"end_conference_on_exit": True},
            {"end_conference_on_exit": True},
            {},
            id="ends the room",
        ),
        pytest.param(
            {
                "create_only": (("beep", "onEnter"),),
                "write_only": (("hold_url", "https://a/b"), ("wait_url", "")),
            },
            {"beep": "onEnter", "wait_url": ""},
            {"wait_url": ""},
            id="of other classes",
        ),
    ],
)
def test_a_member_joins_as_declared_and_silent_until_it_is_safe(
    declared: dict[str, Any], fields: dict[str, Any], memory: dict[str, Any]
) -> None:
    found = joins(roster(member("ann"), member("bob", **declared)))
    assert found.label == "bob"
    assert dict(found.fields) == {"label": "bob", **fields}
    assert dict(found.memory) == {**memory, NOTED[0]: NOTED[1]}


CONNECTED = ledger(IN_THE_ROOM, record("bob"))


@pytest.mark.parametrize(
    ("target", "known", "paired"),
    [
        pytest.param({}, CONNECTED, True, id="in the room"),
        pytest.param({"hold": True}, CONNECTED, False, id="declared on hold"),
        pytest.param(
            {}, ledger(record("ann", attempt("ann")), record("bob")), False, id="rung"
        ),
        pytest.param(
            {},
            ledger(
                record(
                    "ann",
                    attempt("ann", state=AttemptState.ENDED, connected_at=NOW - 50),
                ),
                record("bob"),
            ),
            False,
            id="gone",
        ),
        pytest.param(
            {},
            replace(CONNECTED, memory={CA1: {ABSENT: int(NOW)}}),
            False,
            id="out of sight",
        ),
    ],
)
def test_a_coach_is_paired_with_nobody_but_somebody_known_to_be_in_the_room(
    target: dict[str, Any], known: Ledger, paired: bool
) -> None:
    people = roster(member("ann", **target), member("bob", coaching="ann"))
    fields = dict(joins(people, known=known).fields)
    assert fields["muted"] is True
    assert (fields.get("call_sid_to_coach") == CA1) is paired
    assert (fields.get("coaching") is True) is paired


@pytest.mark.parametrize(
    ("unlisted", "silent"),
    [(Unlisted.KEEP, False), (Unlisted.MUTE, True), (Unlisted.HOLD, True)],
)
@pytest.mark.parametrize("caller", [STRANGER_NUMBER, "", *sorted(WITHHELD_NUMBERS)])
def test_a_stranger_joins_as_the_rule_says(
    unlisted: Unlisted, silent: bool, caller: str
) -> None:
    people = roster(member("ann"), member("bob"), unlisted=unlisted)
    found = joins(people, caller)
    assert found.label == ""
    assert dict(found.fields) == ({"muted": True} if silent else {})
    noted = {assumed("muted"): STRANGER} if silent else {}
    assert dict(found.memory) == noted


def test_a_stranger_whom_the_rule_removes_is_rejected() -> None:
    people = roster(member("ann"), unlisted=Unlisted.REMOVE)
    assert isinstance(answer(people, STRANGER_NUMBER), Rejection)
    assert isinstance(answer(people, "anonymous"), Rejection)


@pytest.mark.parametrize("unlisted", Unlisted)
@pytest.mark.parametrize("muted", [True, False])
def test_one_of_several_of_a_number_is_nobody_and_never_exposed_or_rejected_on_a_guess(
    unlisted: Unlisted, muted: bool
) -> None:
    shared = NUMBERS["bob"]
    people = roster(member("bob", muted=muted), member("ann", to=shared))
    people = replace(people, unlisted=unlisted)
    found = joins(people)
    assert found.label == ""
    speaks = unlisted is Unlisted.KEEP and not muted
    assert dict(found.fields) == ({} if speaks else {"muted": True})


@pytest.mark.parametrize(
    ("to", "caller"),
    [
        ("client:bob?team=a", "client:bob"),
        ("sip:Bob@PBX.example:5060;transport=tcp", "sip:Bob@pbx.example"),
        ("sip:bob@pbx.example", "sips:bob@pbx.example"),
    ],
)
def test_an_address_is_told_by_its_normal_form(to: str, caller: str) -> None:
    people = roster(member("ann"), member("bob", to=to, muted=True))
    assert joins(people, caller).label == "bob"


def test_nobody_joins_a_room_that_is_ended_or_not_managed() -> None:
    people = roster(member("bob"))
    ended = replace(people, state=RoomState.ENDED)
    assert answer(ended) == Rejection("the room is declared as ended")
    assert answer(None) == Rejection("no such room is managed")


@pytest.mark.parametrize(
    "known",
    [
        pytest.param(ledger(record("bob", attempt("bob"))), id="rung"),
        pytest.param(
            ledger(record("bob"), memory={CA1: {admitted("bob"): int(NOW - 2)}}),
            id="dialed in before",
        ),
    ],
)
def test_a_second_leg_has_no_label_since_twilio_would_not_take_it_in(
    known: Ledger,
) -> None:
    found = joins(roster(member("bob", muted=True)), known=known)
    assert dict(found.fields) == {"muted": True}
    assert found.label == "bob"


def test_a_question_that_twilio_repeats_is_answered_alike() -> None:
    people = roster(member("bob", muted=True))
    known = ledger(record("bob"), memory={CA2: {admitted("bob"): int(NOW - 2)}})
    assert joins(people, known=known).fields == joins(people).fields


def rung_after(seconds: float, known: Ledger) -> tuple[list[str], list[Phase]]:
    plan = make_plan(roster(member("bob")), look(), known, NOW + seconds)
    return list(rings(plan)), [each.phase for each in plan.waiting]


def test_a_member_who_was_admitted_is_not_rung_before_a_listing_may_show_them() -> None:
    known = ledger(record("bob"), memory={CA2: dict([NOTED])})
    assert rung_after(1, known) == ([], [Phase.WAITING])
    assert rung_after(ARRIVAL_SECONDS, known) == (["bob"], [])


def test_a_member_whose_call_is_over_is_rung_at_once() -> None:
    over = call(CA2, NUMBERS["bob"], inbound=True)
    over = replace(over, status=type(over.status).COMPLETED, ended_at=NOW)
    known = ledger(record("bob"), memory={CA2: dict([NOTED])}, identities={CA2: over})
    assert rung_after(1, known) == (["bob"], [])


@pytest.mark.parametrize(
    "declared",
    [{}, {"muted": True}, {"muted": False}, {"end_conference_on_exit": True}],
    ids=str,
)
def test_nothing_is_to_be_done_about_a_member_who_joined_as_answered(
    declared: dict[str, Any],
) -> None:
    people: tuple[Member, ...] = (member("bob", **declared),)
    found = joins(roster(*people))
    said = dict(found.fields)
    shown = leg(CA2, "bob", created_at=NOW)
    shown = replace(
        shown,
        muted=bool(said.get("muted")),
        end_conference_on_exit=bool(said.get("end_conference_on_exit")),
    )
    hers = call(CA2, NUMBERS["bob"], inbound=True, created_at=NOW)
    known = ledger(record("bob"), memory={CA2: dict(found.memory)})
    plan = make_plan(roster(*people), look(shown, calls=(hers,)), known, NOW + 1)
    assert plan.actions == ()

"""Calls whose webhooks name no room are told by what looks have shown."""

import pytest

from reconciler.engine.room.evaluation import Evaluation, RoomPhase
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.model.attempt import Attempt, AttemptState
from reconciler.model.ledger import Ledger, Record
from reconciler.model.observation import Conference, ConferenceStatus
from reconciler.planning.plan import Plan
from reconciler.webhooks import call_index
from reconciler.webhooks.call_index import CallIndex
from tests.planning.restored import RESTORED


def _seen(room: str, call_sid: str | None, state: AttemptState) -> ReconcileResult:
    attempt = Attempt(
        1, room, "ann", "client:ann", 1, 1, state, 1, 0.0, 1.0, call_sid=call_sid
    )
    record = Record("ann", "client:ann", 1, 0.0, attempts=(attempt,))
    ledger = Ledger(records={"ann": record})
    return ReconcileResult(Evaluation(room, RoomPhase.CONVERGED, Plan(room, 1), ledger))


@pytest.mark.parametrize(
    ("call_sid", "state", "room"),
    [
        ("CA1", AttemptState.PLACED, "support-line"),
        ("CA1", AttemptState.ENDED, None),
        (None, AttemptState.UNKNOWN, None),
    ],
)
def test_only_calls_under_way_have_a_room(
    call_sid: str | None, state: AttemptState, room: str | None
) -> None:
    book = CallIndex()
    book.on_evaluated(_seen("support-line", call_sid, state), [], 1.0)
    assert book.room_of("CA1") == room


def test_it_does_not_grow_without_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_index, "MOST", 2)
    book = CallIndex()
    for number in range(4):
        book.on_evaluated(_seen("room", f"CA{number}", AttemptState.PLACED), [], 1.0)
    known = [book.room_of(f"CA{number}") for number in range(4)]
    assert known == [None, None, "room", "room"]


def test_a_conference_has_the_room_in_which_a_look_showed_it() -> None:
    book = CallIndex()
    active = Conference("CF1", "support-line", ConferenceStatus.IN_PROGRESS)
    plan = Plan("support-line", 1, conference=active)
    book.on_evaluated(
        ReconcileResult(Evaluation("support-line", RoomPhase.CONVERGED, plan)), [], 1.0
    )
    assert book.room_of("CF1") == "support-line"


def test_a_restored_room_is_known_by_its_conference_and_its_calls() -> None:
    book = CallIndex()
    book.on_restored(RESTORED, 1.0)
    assert book.room_of(RESTORED.converged.conference_sid) == RESTORED.room
    (leg,) = RESTORED.observed.legs
    assert book.room_of(leg.call_sid) == RESTORED.room

"""The end of a conference that Twilio refuses, where a person approved it."""

from msgspec.structs import replace

from reconciler.model.ledger import Approval, GuardKind
from reconciler.model.roster import RoomState
from reconciler.planning.approval import (
    approvable_names,
    approved,
    fingerprint,
)
from reconciler.planning.authority import Authority
from reconciler.planning.ended_room import ENDING_TRIES
from reconciler.planning.plan import Withheld
from reconciler.planning.remove_action import remove
from reconciler.planning.retry import Retry
from tests.planning.samples import CF, NOW, member, removed, roster, standing
from tests.planning.test_guards import crowd, plan_of

ENDED = RoomState.ENDED


def test_an_approved_end_that_is_refused_is_done_person_by_person_without_another() -> (
    None
):
    ended = replace(roster(*(member(f"p{n}") for n in range(1, 5))), state=ENDED)
    legs = crowd(4)
    kept = standing(*legs)
    held = plan_of(ended, legs, kept)
    names = approvable_names(held, "AC1")
    word = Approval(fingerprint(held, "AC1"), "over", "ops", NOW + 60, names)
    tries = Retry(ENDING_TRIES, NOW - 9, NOW - 1, refused=True, message="no").value
    refused = replace(kept, approval=word, memory={CF: {"retry:end": tries}})
    again = plan_of(ended, legs, refused, authority=Authority("AC2"))
    assert len(again.withheld) == len(legs) + 1
    assert approved(again, refused, "AC1", NOW) == {GuardKind.REMOVALS}
    through = plan_of(ended, legs, refused, authority=Authority("AC1"))
    assert set(removed(through)) - {None} == {each.call_sid for each in legs}
    stranger = replace(legs[0], call_sid="CA99", conference_sid="CF9")
    other = replace(
        again,
        withheld=(
            *again.withheld,
            Withheld(remove("x", stranger, "gone"), "limits.removals", "too many"),
        ),
    )
    assert approved(other, refused, "AC1", NOW) == frozenset()

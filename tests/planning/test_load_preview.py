from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from reconciler.model.ledger import Elsewhere, GuardKind, WithheldKind
from reconciler.model.roster import Member, Roster
from reconciler.planning.load_preview import (
    by_phone,
    elsewhere_after_load,
    ledger_after_load,
)
from tests.planning.samples import NOW, attempt, ledger, member, record, roster

ANN, BOB = member("ann"), member("bob")


def test_a_new_member_has_no_history() -> None:
    after = ledger_after_load(None, roster(ANN), ledger(), NOW)
    assert after.records == {"ann": record("ann", changed_at=NOW, edited_at=NOW)}


@pytest.mark.parametrize(
    ("before", "after", "intent", "changed"),
    [
        pytest.param(ANN, ANN, 5, False, id="as it was"),
        pytest.param(ANN, replace(ANN, muted=True), 5, True, id="entry changed"),
        pytest.param(ANN, replace(ANN, to="client:ann"), 6, True, id="other address"),
        pytest.param(None, ANN, 5, True, id="listed again before seen gone"),
    ],
)
def test_a_member_is_meant_anew_when_listed_or_moved(
    before: Member | None, after: Member, intent: int, *, changed: bool
) -> None:
    old = roster(before) if before else roster()
    kept = ledger(record("ann", attempt(), intent=5))
    mine = ledger_after_load(old, roster(after), kept, NOW).records["ann"]
    assert (mine.intent, mine.to) == (intent, after.to)
    assert (mine.changed_at == NOW) is changed
    assert mine.dismissed_at is None
    assert mine.attempts == (attempt(),)


def test_who_is_not_named_any_more_is_dismissed_once() -> None:
    kept = ledger(record("ann"), record("bob", dismissed_at=NOW - 5))
    after = ledger_after_load(roster(ANN), roster(), kept, NOW).records
    assert after["ann"] == record("ann", dismissed_at=NOW)
    assert after["bob"].dismissed_at == NOW - 5


@pytest.mark.parametrize(
    ("before", "after", "was", "emptied"),
    [
        (roster(ANN), roster(), False, True),
        (roster(ANN), roster(BOB), True, False),
        (roster(), roster(), True, True),
        (roster(), roster(), False, False),
        (None, roster(), False, False),
    ],
)
def test_a_roster_that_loses_its_last_member_is_emptied(
    before: Roster | None, after: Roster, *, was: bool, emptied: bool
) -> None:
    kept = ledger(emptied=was)
    assert ledger_after_load(before, after, kept, NOW).emptied is emptied


@pytest.mark.parametrize(
    ("kind", "edited_at"),
    [(GuardKind.EXPOSURES, NOW - 5), (GuardKind.REMOVALS, None)],
)
def test_what_the_clock_changes_is_no_edit_and_what_is_withheld_stays_so(
    kind: GuardKind, edited_at: float | None
) -> None:
    withheld = {kind: WithheldKind(kind, "limits", "too many", NOW - 5)}
    kept = ledger(record("ann", edited_at=NOW - 5), withheld=withheld)
    muted = roster(replace(ANN, muted=True))

    clocked = ledger_after_load(roster(ANN), muted, kept, NOW, edited=False)
    edited = ledger_after_load(roster(ANN), muted, kept, NOW)

    assert clocked.withheld == withheld
    assert clocked.records["ann"].edited_at == edited_at
    assert edited.withheld == {}
    assert edited.records["ann"].edited_at == NOW


@pytest.mark.parametrize("begins", [True, False])
def test_an_override_and_its_end_leave_an_edit_on_record(*, begins: bool) -> None:
    file = roster(ANN)
    during = roster(replace(ANN, muted=True, temporary=("muted",)))
    before, after = (file, during) if begins else (during, file)
    kept = ledger(record("ann", edited_at=NOW - 5))
    found = ledger_after_load(before, after, kept, NOW, edited=False)
    assert found.records["ann"].edited_at == NOW - 5


def elsewhere(room: str, to: str, number: int, *, released: bool = False) -> Elsewhere:
    made = attempt("guest", room=room, to=to, id=number)
    return Elsewhere(made, released=released, listed=True)


def test_calls_of_other_rooms_to_phones_of_a_room_are_shown_the_oldest_first() -> None:
    after = roster(ANN, BOB)
    calls = (
        elsewhere("b", BOB.to, 1),
        elsewhere(after.room, ANN.to, 2),
        elsewhere("c", ANN.to, 3),
        elsewhere("b", "+15559998888", 4),
        elsewhere("b", ANN.to, 5),
    )
    found = elsewhere_after_load(after, by_phone(calls), {}, ())
    assert [each.attempt.id for each in found] == [1, 3, 5]


def test_calls_of_other_rooms_are_as_the_load_leaves_those_rooms() -> None:
    calls = (elsewhere("b", ANN.to, 1), elsewhere("c", ANN.to, 2, released=True))
    listing = replace(roster(member("guest", to=ANN.to)), room="c")
    found = elsewhere_after_load(roster(ANN), by_phone(calls), {"c": listing}, {"b"})
    assert [(each.released, each.listed) for each in found] == [
        (True, True),
        (False, True),
    ]


def test_calls_to_phones_of_other_rooms_are_not_searched() -> None:
    """With a search through all calls, a plan of many rooms grows with their square."""

    class OneAnswer(dict[str, list[Elsewhere]]):
        def __iter__(self) -> Iterator[str]:
            raise AssertionError("searched through all phones")

        values = items = keys = __iter__  # type: ignore[assignment]

    calls = OneAnswer(by_phone([elsewhere("b", ANN.to, 1)]))
    assert len(elsewhere_after_load(roster(ANN), calls, {}, ())) == 1

"""Which withheld kinds an edit is about."""

from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.model.ledger import GuardKind
from reconciler.model.roster import (
    Limits,
    Member,
    OnChange,
    RoomState,
    Roster,
    Unlisted,
)
from reconciler.planning.withheld_edits import touched_kinds

REMOVALS, RINGS, EXPOSURES = GuardKind.REMOVALS, GuardKind.RINGS, GuardKind.EXPOSURES
ANN = Member("ann", "+15550001", "+15550000", muted=True)
BOB = Member("bob", "+15550002", "+15550000", muted=False)
EVE = Member("eve", "+15550005", "+15550000", muted=True)
GONE = {"zoe"}


def roster(*members: Member, **more: Any) -> Roster:
    return Roster("line", members or (ANN, BOB), **more)


BEFORE = roster()


@pytest.mark.parametrize(
    ("after", "kinds"),
    [
        pytest.param(roster(), set(), id="nothing"),
        pytest.param(roster(notify=("left",)), set(), id="notices"),
        pytest.param(roster(ANN, replace(BOB, muted=True)), set(), id="muted"),
        pytest.param(roster(replace(ANN, priority=1), BOB), set(), id="priority"),
        pytest.param(roster(BOB, ANN), set(), id="another order"),
        pytest.param(roster(ANN, BOB, EVE), {RINGS}, id="somebody comes"),
        pytest.param(roster(ANN), {REMOVALS, RINGS}, id="dismissed"),
        pytest.param(
            roster(ANN, BOB, replace(BOB, label="zoe")),
            {REMOVALS, RINGS},
            id="declared again",
        ),
        pytest.param(
            roster(ANN, replace(BOB, to="+15550009")),
            {REMOVALS, RINGS},
            id="another number",
        ),
        pytest.param(
            roster(ANN, replace(BOB, create_only=(("timeout", 9),))),
            {REMOVALS},
            id="another parameter",
        ),
        pytest.param(
            roster(ANN, replace(BOB, on_change=OnChange.REDIAL)),
            {REMOVALS},
            id="redial",
        ),
        pytest.param(roster(unlisted=Unlisted.REMOVE), {REMOVALS}, id="strangers"),
        pytest.param(roster(replace(ANN, muted=False), BOB), {EXPOSURES}, id="unmuted"),
        pytest.param(
            roster(replace(ANN, muted=None), BOB), {EXPOSURES}, id="no opinion"
        ),
        pytest.param(
            roster(ANN, replace(BOB, coaching="ann")), {EXPOSURES}, id="coach"
        ),
        pytest.param(roster(limits=Limits(removals=9)), {REMOVALS}, id="limit 1"),
        pytest.param(roster(limits=Limits(rings=9)), {RINGS}, id="limit 2"),
        pytest.param(roster(limits=Limits(exposures=9)), {EXPOSURES}, id="limit 3"),
        pytest.param(roster(state=RoomState.ENDED), set(GuardKind), id="ended"),
    ],
)
def test_an_edit_is_about_the_kinds_whose_people_it_changes(
    after: Roster, kinds: set[GuardKind]
) -> None:
    assert touched_kinds(BEFORE, GONE, after) == kinds


def test_an_edit_that_takes_somebody_off_hold_is_about_exposures() -> None:
    held = roster(replace(ANN, hold=True))
    assert touched_kinds(held, GONE, roster(replace(ANN, hold=False))) == {EXPOSURES}
    assert touched_kinds(roster(ANN), GONE, held) == set()

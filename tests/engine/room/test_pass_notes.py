"""Which stalls and withheld actions an earlier process told of already."""

import pytest

from reconciler.engine.room.pass_notes import already_recorded
from reconciler.model.event import Event

STALL = "bob: busy; gave up after 1 of 1 attempts."
HELD = "bob: unmute bob: withheld"
LINES = {STALL: "member.stalled", HELD: "withheld.exposures"}


def event(kind: str, message: str = "", label: str = "bob") -> Event:
    return Event("line", 5.0, kind, message, label=label)


TOLD = (event("member.stalled", STALL), event("withheld.exposures", HELD))


@pytest.mark.parametrize(
    ("later", "lasting"),
    [
        ([], {STALL, HELD}),
        ([event("ring.planned", label="ann")], {STALL, HELD}),
        ([event("override.set")], {STALL, HELD}),
        ([event("change.done")], {STALL}),
        ([event("ring.planned")], set()),
        ([event("member.redial")], set()),
        ([event("member.stalled", "bob: another reason")], {HELD}),
    ],
)
def test_what_was_told_counts_until_something_ends_it(
    later: list[Event], lasting: set[str]
) -> None:
    assert already_recorded(LINES, (*TOLD, *later)) == lasting


def test_nothing_was_told_where_no_event_says_so() -> None:
    assert (
        already_recorded(LINES, [event("member.stalled", "bob: other")]) == frozenset()
    )

"""Overrides of coaching that do not fit: never a circle, always a reason."""

from itertools import permutations
from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.model.declaration import (
    Declaration,
    Mode,
    Override,
    OverrideVerb,
    Presence,
    ScheduleEntry,
)
from reconciler.model.roster import Member, Roster
from reconciler.model.schedule import Once, Period
from reconciler.planning.effective import effective
from reconciler.planning.override_fit import unfit

CIRCLE = "override not applied: circular coaching: dia → dib → dia"


def member(label: str, **fields: Any) -> Member:
    return Member(label, f"client:{label}", "+15550100002", **fields)


def declared(**coaching: str) -> Declaration:
    labels = ("dia", "dib", "dic")
    people = tuple(member(x, coaching=coaching.get(x)) for x in labels)
    return Declaration(Roster("dial", people))


def said(number: int, label: str, name: str, value: str | bool) -> Override:
    made = Override(number, "dial", OverrideVerb.SET, 0.0, None, "ops")
    return replace(made, labels=(label,), fields=((name, value),))


def coaching(found: Declaration, *words: Override, at: float = 5.0) -> dict[str, Any]:
    roster = effective(found, words, at).roster
    return {x.label: x.coaching for x in roster.members if x.coaching is not None}


def reasons(found: Declaration, *words: Override, at: float = 5.0) -> list[str]:
    return [x.source for x in unfit(effective(found, words, at).origins)]


def test_an_override_that_closes_a_circle_of_coaches_is_shown_and_not_applied() -> None:
    base, word = declared(dib="dia"), said(1, "dia", "coaching", "dib")
    assert coaching(base, word) == {"dib": "dia"}
    assert reasons(base, word) == [CIRCLE]


def test_an_override_counts_as_soon_as_it_closes_no_circle() -> None:
    word, ended = said(1, "dia", "coaching", "dib"), said(2, "dib", "coaching", False)
    assert coaching(declared(), word) == {"dia": "dib"}
    assert coaching(declared(dib="dia"), word, ended) == {"dia": "dib", "dib": False}
    assert reasons(declared(dib="dia"), word, ended) == []


def test_of_overrides_that_coach_one_another_the_newest_is_not_applied() -> None:
    words = [
        said(n, x, "coaching", y)
        for n, (x, y) in enumerate(
            [("dia", "dib"), ("dib", "dic"), ("dic", "dia")], start=1
        )
    ]
    for order in permutations(words):
        assert coaching(declared(), *order) == {"dia": "dib", "dib": "dic"}


def test_who_is_not_to_coach_is_not_unmuted_or_released_for_it() -> None:
    people = (member("dia", muted=True, hold=True), member("dib", coaching="dia"))
    words = (
        said(1, "dia", "muted", False),
        said(2, "dia", "hold", False),
        said(3, "dia", "coaching", "dib"),
    )
    found = effective(Declaration(Roster("dial", people)), words, 5.0)
    dia = found.roster.member("dia")
    assert dia == people[0]
    shown = {x.field for x in found.origins if x.source == CIRCLE}
    assert shown == {"coaching", "muted", "hold"}


def test_a_silence_of_who_is_not_to_coach_is_applied() -> None:
    words = (said(1, "dia", "coaching", "dib"), said(2, "dia", "muted", True))
    dia = effective(declared(dib="dia"), words, 5.0).roster.member("dia")
    assert dia
    assert (dia.coaching, dia.muted) == (None, True)


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("eve", "no participant has the label 'eve'"),
        ("dia", "'dia' cannot coach themselves"),
    ],
)
def test_nobody_coaches_whom_no_file_lists_or_themselves(target: str, why: str) -> None:
    word = said(1, "dia", "coaching", target)
    assert coaching(declared(), word) == {}
    assert reasons(declared(), word) == [f"override not applied: {why}"]


def test_a_mode_by_schedule_under_an_override_makes_no_circle() -> None:
    mode = Mode("night", (("dib", (("coaching", "dia"),)),))
    entry = ScheduleEntry(Period(Once(10.0, 20.0)), mode="night")
    found = replace(declared(), modes=(mode,), schedule=(entry,))
    word = said(1, "dia", "coaching", "dib")
    seen = [coaching(found, word, at=at) for at in (5.0, 15.0, 25.0)]
    assert seen == [{"dia": "dib"}, {"dib": "dia"}, {"dia": "dib"}]
    assert reasons(found, word, at=15.0) == [CIRCLE]


def test_whoever_is_only_away_by_schedule_may_be_coached() -> None:
    away = Presence(("dib",), (Period(Once(10.0, 20.0)),))
    found = replace(declared(), presences=(away,))
    word = said(1, "dia", "coaching", "dib")
    assert coaching(found, word) == {"dia": "dib"}

"""The roster at an instant: layers, ends and what each field comes from."""

from itertools import count
from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.model.declaration import (
    Declaration,
    Mode,
    Origin,
    Override,
    OverrideVerb,
    Presence,
    ScheduleEntry,
)
from reconciler.model.roster import Group, Member, RoomState, Roster, Unlisted
from reconciler.model.schedule import Once, Period
from reconciler.planning.effective import effective, in_force, superseded

ROSTER = Roster(
    "board",
    members=(
        Member("ann", "+15551230001", "+15550100002", muted=False),
        Member("bob", "+15551230002", "+15550100002", muted=False, hold=False),
        Member("cara", "+15551230003", "+15550100002"),
    ),
    groups=(Group("dbas", ("bob", "cara"), want=1), Group("solo", ("cara",))),
)
SIDEBAR = Mode(
    "sidebar",
    (("ann", (("hold", False),)), ("bob", (("hold", True), ("muted", True)))),
    unlisted=Unlisted.HOLD,
)
DECLARED = Declaration(ROSTER, modes=(SIDEBAR,))
serial = count(1)


def during(start: float, end: float) -> Period:
    return Period(Once(start, end))


def override(verb: str, until: float | None = None, **more: Any) -> Override:
    made = Override(next(serial), "board", OverrideVerb(verb), 0.0, until, "ops")
    return replace(made, **more)


def test_a_plain_roster_is_what_counts_for_good() -> None:
    found = effective(Declaration(ROSTER), (), 5.0)
    assert (found.roster, found.until, found.origins) == (ROSTER, None, ())


def test_a_mode_changes_the_fields_that_it_names_and_what_happens_to_strangers() -> (
    None
):
    found = effective(replace(DECLARED, mode="sidebar"), (), 5.0)
    bob = found.roster.member("bob")
    assert bob
    assert (bob.hold, bob.muted) == (True, True)
    assert found.roster.unlisted is Unlisted.HOLD
    assert found.mode == "sidebar"
    assert {(x.label, x.field) for x in found.origins} == {
        ("", "unlisted"),
        ("ann", "hold"),
        ("bob", "hold"),
        ("bob", "muted"),
    }
    assert {x.source for x in found.origins} == {"mode sidebar"}


def test_the_first_entry_of_the_schedule_that_lasts_counts() -> None:
    schedule = (
        ScheduleEntry(during(10, 20), mode="sidebar"),
        ScheduleEntry(during(15, 30), state=RoomState.ENDED),
        ScheduleEntry(None, mode="normal", state=RoomState.OPEN),
    )
    declared = replace(DECLARED, schedule=schedule)
    seen = [
        (found.mode, found.roster.state, found.until)
        for at in (9.0, 10.0, 19.9, 20.0, 30.0)
        for found in [effective(declared, (), at)]
    ]
    assert seen == [
        ("normal", RoomState.OPEN, 10.0),
        ("sidebar", RoomState.OPEN, 15.0),
        ("sidebar", RoomState.OPEN, 20.0),
        ("normal", RoomState.ENDED, 30.0),
        ("normal", RoomState.OPEN, None),
    ]


def test_a_member_outside_its_periods_is_neither_declared_nor_in_a_group() -> None:
    presences = (Presence(("cara",), (during(10, 20), during(30, 40))),)
    declared = replace(DECLARED, presences=presences)
    away = effective(declared, (), 20.0)
    assert [x.label for x in away.roster.members] == ["ann", "bob"]
    assert away.roster.groups == (Group("dbas", ("bob",), want=1),)
    assert away.origins == (Origin("cara", "presence", "schedule", 30.0),)
    assert away.until == 30.0
    present = effective(declared, (), 30.0)
    assert (present.roster, present.until) == (ROSTER, 40.0)


def test_a_mode_by_override_counts_before_the_schedule_and_a_state_too() -> None:
    schedule = (ScheduleEntry(None, mode="sidebar", state=RoomState.ENDED),)
    declared = replace(DECLARED, schedule=schedule)
    words = (override("mode", 60.0, mode="normal"), override("start", 50.0))
    found = effective(declared, words, 5.0)
    assert (found.mode, found.roster, found.until) == ("normal", ROSTER, 50.0)
    later = effective(declared, words, 50.0)
    assert (later.mode, later.roster.state) == ("normal", RoomState.ENDED)


def test_a_mode_that_is_not_declared_any_more_has_no_effect() -> None:
    found = effective(DECLARED, (override("mode", mode="gone"),), 5.0)
    assert (found.mode, found.roster) == ("normal", ROSTER)


def test_an_override_of_somebody_who_is_not_declared_waits_for_them() -> None:
    words = (override("set", labels=("dan",), fields=(("muted", True),)),)
    assert effective(DECLARED, words, 5.0).roster == ROSTER
    dan = Member("dan", "+15551230004", "+15550100002")
    grown = Declaration(replace(ROSTER, members=(*ROSTER.members, dan)))
    muted = replace(dan, muted=True, temporary=("muted",))
    assert effective(grown, words, 5.0).roster.members[-1] == muted


def test_what_the_file_does_not_declare_and_a_mode_or_an_override_does_is_temporary() -> (
    None
):
    schedule = (ScheduleEntry(during(10, 20), mode="sidebar"),)
    words = (override("set", labels=("cara",), fields=(("hold", True),)),)
    for at, ann, cara in ((5.0, (), ("hold",)), (15.0, ("hold",), ("hold",))):
        found = effective(replace(DECLARED, schedule=schedule), words, at).roster
        names = {each.label: each.temporary for each in found.members}
        assert names == {"ann": ann, "bob": (), "cara": cara}
        assert found.temporary_unlisted is bool(ann)


def test_the_mode_that_the_file_names_is_for_good_and_an_override_on_top_is_not() -> (
    None
):
    declared = replace(DECLARED, mode="sidebar")
    words = (override("set", labels=("ann",), fields=(("coaching", "bob"),)),)
    found = effective(declared, words, 5.0).roster
    assert found.members[0].temporary == ("coaching",)
    assert not found.temporary_unlisted


def test_only_holds_everybody_else_and_takes_those_named_off_hold() -> None:
    held = replace(DECLARED, mode="sidebar")
    found = effective(held, (override("only", labels=("bob",)),), 5.0).roster
    assert {x.label: x.hold for x in found.members} == {
        "ann": True,
        "bob": False,
        "cara": True,
    }
    assert found.unlisted is Unlisted.HOLD


def test_mute_all_mutes_everybody_but_the_exempt_who_stay_as_declared() -> None:
    found = effective(DECLARED, (override("mute-all", labels=("ann",)),), 5.0).roster
    assert {x.label: x.muted for x in found.members} == {
        "ann": False,
        "bob": True,
        "cara": True,
    }
    assert found.unlisted is Unlisted.MUTE


@pytest.mark.parametrize("strict", [Unlisted.HOLD, Unlisted.REMOVE])
def test_mute_all_is_never_milder_to_strangers_than_the_roster(
    strict: Unlisted,
) -> None:
    declared = Declaration(replace(ROSTER, unlisted=strict))
    found = effective(declared, (override("mute-all"),), 5.0)
    assert found.roster.unlisted is strict


def test_the_newest_override_wins_and_the_older_one_is_back_when_it_ends() -> None:
    words = (
        override("mute-all", 100.0, reason="noise"),
        override("set", 50.0, labels=("bob",), fields=(("muted", False),)),
    )
    said = {at: effective(DECLARED, words, at) for at in (5.0, 50.0, 100.0)}
    assert [said[at].roster.member("bob").muted for at in said] == [False, True, False]  # type: ignore[union-attr]
    assert [said[at].until for at in said] == [50.0, 100.0, None]
    origin = next(x for x in said[50.0].origins if x.label == "bob")
    assert (origin.source, origin.who, origin.reason) == ("override", "ops", "noise")
    assert origin.until == 100.0


def test_of_two_overrides_about_the_same_the_newer_alone_counts() -> None:
    words = (
        override("mute-all", labels=("ann",)),
        override("mute-all", 50.0, labels=("bob",)),
    )
    assert in_force(words, 5.0) == words[1:]
    assert effective(DECLARED, words, 5.0).roster.member("bob").muted is False  # type: ignore[union-attr]
    assert in_force(words, 50.0) == words[:1]


def test_an_override_is_superseded_by_one_about_the_same_that_lasts_as_long() -> None:
    older = (
        override("end"),
        override("end", 50.0),
        override("start", 70.0),
        override("mute-all", 20.0),
    )
    assert superseded(older, override("start", 50.0)) == older[1:2]
    assert superseded(older, override("start")) == older[:3]


def test_an_override_counts_although_the_clock_that_made_it_is_ahead() -> None:
    words = (override("end", at=99.0, until=120.0),)
    assert effective(DECLARED, words, 5.0).roster.state is RoomState.ENDED

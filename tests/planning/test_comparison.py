"""Generations side by side: every difference is named, and no number is shown."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from reconciler.model.declaration import Declaration, Mode, Presence, ScheduleEntry
from reconciler.model.roster import Group, Limits, Member, RoomState, Roster, Unlisted
from reconciler.model.schedule import Once, Period
from reconciler.planning.comparison import Compared, compare
from reconciler.planning.override import Difference
from tests.store.samples import DECLARATIONS, MEMBERS

ANN = Member("ann", "+15551230001", "+15550100002", muted=True)
BOB = Member("bob", "client:bob", "+15550100002")
ROOM = Roster("board", (ANN, BOB))
WINDOW = Period(Once(0.0, 60.0), text="mon 09:00-10:00")


def side(roster: Roster, **more: object) -> Compared:
    return Compared(roster, replace(Declaration(roster), **more))


def texts(before: Compared, after: Compared) -> list[str]:
    return [each.text for each in compare(before, after)]


def test_nothing_differs_from_itself() -> None:
    assert compare(side(ROOM), side(ROOM)) == ()


def test_members_are_added_and_removed_and_changed_field_by_field() -> None:
    quiet = replace(ANN, muted=False, hold=True, priority=1, role="speaker")
    cara = replace(BOB, label="cara")
    assert compare(side(ROOM), side(replace(ROOM, members=(quiet, cara)))) == (
        Difference("ann", "hold", before=None, after=True),
        Difference("ann", "muted", before=True, after=False),
        Difference("ann", "role", before=None, after="speaker"),
        Difference("ann", "priority", before=3, after=1),
        Difference("bob", "present", before=True, after=False),
        Difference("cara", "present", before=False, after=True),
    )


def test_numbers_that_look_alike_once_masked_are_told_apart_and_masked() -> None:
    moved = replace(ANN, to="+15551990001")
    (found,) = compare(side(ROOM), side(replace(ROOM, members=(moved, BOB))))
    assert (found.field, found.before, found.after) == (
        "to",
        "+1555•••0001",
        "+1555•••0001",
    )


def test_settings_of_the_room_modes_and_schedule_are_compared() -> None:
    changed = replace(
        ROOM,
        state=RoomState.ENDED,
        unlisted=Unlisted.HOLD,
        limits=Limits(rings=7),
        groups=(Group("dbas", ("ann",), want=1),),
        notify=("left",),
    )
    after = side(
        changed,
        modes=(Mode("quiet", (("ann", (("muted", True),)),), Unlisted.MUTE),),
        mode="quiet",
        schedule=(ScheduleEntry(WINDOW, "quiet"), ScheduleEntry(None, None)),
        presences=(Presence(("bob",), (WINDOW,)),),
    )
    found = {
        each.field: (each.before, each.after) for each in compare(side(ROOM), after)
    }
    assert found.keys() == {
        "state",
        "unlisted",
        "limits.rings",
        "notify",
        "groups.dbas",
        "mode",
        "modes.quiet",
        "schedule",
        "schedule.bob",
    }
    assert found["limits.rings"] == (50, 7)
    assert found["modes.quiet"] == (None, "ann muted=true; unlisted mute")
    assert "mon 09:00-10:00" in str(found["schedule"][1])


def test_the_order_of_members_is_compared_where_both_name_them() -> None:
    turned = replace(ROOM, members=(BOB, ANN))
    assert texts(side(ROOM), side(turned)) == ["order ann, bob → bob, ann"]
    cara = replace(BOB, label="cara")
    fewer = replace(ROOM, members=(cara, BOB))
    assert not [x for x in texts(side(ROOM), side(fewer)) if x.startswith("order")]


@given(DECLARATIONS, DECLARATIONS, st.lists(MEMBERS, max_size=1))
def test_whatever_differs_is_named_and_turns_round(
    one: Declaration, other: Declaration, more: list[Member]
) -> None:
    """Names are as files allow them: each mode and group once."""
    one, other = map(_unique, (one, other))
    grown = replace(one, roster=replace(one.roster, members=(*more,)))
    for each in (other, grown):
        before, after = Compared(one.roster, one), Compared(each.roster, each)
        forth, back = compare(before, after), compare(after, before)
        plain = replace(each.roster, source=one.roster.source, room=one.roster.room)
        same = replace(each, roster=plain) == one
        assert bool(forth) is not same
        assert {(x.label, x.field, repr(x.before), repr(x.after)) for x in forth} == {
            (x.label, x.field, repr(x.after), repr(x.before)) for x in back
        }


def _unique(declared: Declaration) -> Declaration:
    roster = replace(
        declared.roster,
        groups=tuple({x.name: x for x in declared.roster.groups}.values()),
    )
    modes = tuple({x.name: x for x in declared.modes}.values())
    return replace(declared, roster=roster, modes=modes, presences=())

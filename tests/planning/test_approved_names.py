"""What a later roster leaves of an approval."""

import pytest
from msgspec.structs import replace

from reconciler.model.action import (
    Action,
    Change,
    ChangeKind,
    FieldChange,
    Harm,
    Remove,
    Ring,
)
from reconciler.model.roster import Limits, Member, RoomState, Roster, Unlisted
from reconciler.planning.approved_names import RosterBefore, Scope, ended_by, name_of

SCOPE = Scope("AC1", "line", 3, "CF1")
ANN = Member("ann", "+15550001", "+15550000")
BOB = Member("bob", "+15550002", "+15550000")
BEFORE = RosterBefore({"ann": ANN, "bob": BOB}, {"zoe"}, Unlisted.KEEP)
RING = Ring(
    "ann", ANN.to, "line", (("muted", True), ("timeout", 9)), (), 1, 1, "absent"
)
REDIAL = Remove("ann", "CA1", "CF1", connected=True, reason="timeout changed")
GONE = Remove("zoe", "CA9", "CF1", connected=True, reason="no longer in the roster")
STRANGER = Remove("CA8", "CA8", "CF1", connected=True, reason="not in the roster")
END = Remove("", None, "CF1", connected=True, reason="ended")
UNMUTE = Change(
    "ann",
    "CA1",
    "CF1",
    ChangeKind.MUTE,
    (FieldChange("muted", before=True, after=False),),
    Harm.EXPOSE,
    "declared unmuted",
)


def after(*members: Member, **more: object) -> Roster:
    return Roster("line", members, **more)  # type: ignore[arg-type]


def reason(action: Action, later: Roster, before: RosterBefore = BEFORE) -> str:
    name = name_of(action, SCOPE)
    return ended_by([name], before, later).get(name, "")


@pytest.mark.parametrize("action", [RING, REDIAL, GONE, STRANGER, UNMUTE])
@pytest.mark.parametrize(
    "later",
    [
        pytest.param(after(ANN, replace(BOB, muted=True)), id="somebody else is muted"),
        pytest.param(after(ANN), id="somebody else is dismissed"),
        pytest.param(after(ANN, BOB, replace(BOB, label="eve")), id="somebody comes"),
        pytest.param(after(ANN, BOB, limits=Limits(removals=9)), id="other limits"),
        pytest.param(after(ANN, BOB, notify=("left",)), id="other notices"),
    ],
)
def test_an_approval_outlives_what_an_edit_says_of_others(
    action: Action, later: Roster
) -> None:
    assert reason(action, later) == ""


@pytest.mark.parametrize(
    ("action", "later", "said"),
    [
        pytest.param(
            GONE, after(ANN, replace(BOB, label="zoe")), "declared again", id="g"
        ),
        pytest.param(REDIAL, after(BOB), "no longer declared", id="redial, dismissed"),
        pytest.param(RING, after(BOB), "no longer declared", id="ring, dismissed"),
        pytest.param(UNMUTE, after(BOB), "no longer declared", id="unmute, dismissed"),
        pytest.param(
            REDIAL,
            after(replace(ANN, to="+15550009")),
            "otherwise",
            id="another number",
        ),
        pytest.param(
            REDIAL,
            after(replace(ANN, create_only=(("timeout", 44),))),
            "otherwise",
            id="another parameter",
        ),
        pytest.param(
            RING,
            after(replace(ANN, sender="+15550009")),
            "otherwise",
            id="ring, sender",
        ),
        pytest.param(
            UNMUTE, after(replace(ANN, muted=True)), "otherwise", id="to be muted"
        ),
        pytest.param(
            STRANGER, after(ANN, BOB, unlisted=Unlisted.REMOVE), "unlisted", id="others"
        ),
    ],
)
def test_an_approval_ends_with_what_it_was_about(
    action: Action, later: Roster, said: str
) -> None:
    assert said in reason(action, later)


def test_how_somebody_joins_is_no_part_of_the_approval_to_ring_or_redial_them() -> None:
    muted = after(replace(ANN, muted=True, temporary=("muted",)), BOB)
    assert reason(RING, muted) == reason(REDIAL, muted) == ""
    unmuted = replace(RING, fields=(("timeout", 9),))
    assert name_of(unmuted, SCOPE) == name_of(RING, SCOPE)
    other = replace(RING, fields=(("muted", True), ("timeout", 8)))
    assert name_of(other, SCOPE) != name_of(RING, SCOPE)


def test_the_approval_of_a_rooms_end_ends_when_the_room_is_open_again() -> None:
    ended = after(replace(ANN, muted=True), state=RoomState.ENDED)
    assert reason(END, ended) == ""
    assert "open again" in reason(END, after(ANN, BOB))


def test_an_approval_does_not_outlive_the_release_of_its_room() -> None:
    released = replace(BEFORE, released=True)
    assert "released" in reason(GONE, after(ANN, BOB), released)


def test_no_generation_is_part_of_a_name_but_room_and_account_are() -> None:
    name = name_of(GONE, SCOPE)
    assert name == name_of(GONE, replace(SCOPE, generation=4))
    assert name != name_of(GONE, replace(SCOPE, room="other"))
    assert name != name_of(GONE, replace(SCOPE, account_sid="AC2"))

"""Recorded facts about a call besides sent fields, by name.

name            value         meaning
muted           true, false   we muted for safety; false once undone
assumed_muted   see below     we muted on an assumption about who it is
assumed_hold    see below     we held on an assumption about who it is
before_muted    see below     what was so before it was declared for a time only
removing        Unix seconds  we are about to take the call out
removed         Unix seconds  we took the call out
admitted:LABEL  Unix seconds  who dialed in was let in as LABEL
redial:LABEL    Unix seconds  it was taken out to ring LABEL with other parameters
machine         Unix seconds  it is taken out as an answering machine took it
unanswered      Unix seconds  it is let off as it was not answered in time
exposed         Unix seconds  an edit was about to let it be heard, see ``guards``
replaced_by     a label       it stays until LABEL is in
protected       true          its member is protected from removal
absent          Unix seconds  an observation did not show the call, which had been in
back            Unix seconds  the first observation since then that showed it again
unread          Unix seconds  since when rings wait for records of calls; it has none
without_record  text          how many observations found no record of it, and the last

``before_hold``, ``before_coaching`` and ``before_end_conference_on_exit`` are alike;
of a coach the call that they coached. See ``restoring``.

An assumption is ``stranger`` (no member, or one of several) or ``member`` (the
label alone says so). It is undone where it proves wrong, see ``diff`` and
``strangers``; false once undone.
"""

from collections.abc import Mapping
from typing import Final

from reconciler.model.action import Change, ChangeKind
from reconciler.model.roster import Fields, Value

MUTED: Final = "muted"
REMOVING: Final = "removing"
REMOVED: Final = "removed"
MACHINE: Final = "machine"
UNANSWERED: Final = "unanswered"
EXPOSED: Final = "exposed"
REPLACED_BY: Final = "replaced_by"
PROTECTED: Final = "protected"
ABSENT: Final = "absent"
BACK: Final = "back"
UNREAD: Final = "unread"
WITHOUT_RECORD: Final = "without_record"
STRANGER: Final = "stranger"
MEMBER: Final = "member"

Notes = Mapping[str, Mapping[str, Value | None]]
"""What a plan has put on record of calls, by call SID and name; None forgets."""


def admitted(label: str) -> str:
    """The name under which a call is remembered that was let in as *label*."""
    return f"admitted:{label}"


def assumed(field: str) -> str:
    """The name under which a silence given on an assumption is remembered."""
    return f"assumed_{field}"


def before(field: str) -> str:
    """The name of what a state field was before it was declared for a time only."""
    return f"before_{field}"


def remembered_first(change: Change) -> bool:
    """Whether what the change remembers is on record before it is sent.

    An announcement is, so that it is played at most once; a silence that is to
    be undone later is, so that it is undone whatever becomes of the answer; so is what
    was so before.
    """
    marks = {MUTED, assumed("muted"), assumed("hold")}
    undone = any(
        (name in marks and value) or name.startswith(before(""))
        for name, value in change.memory
    )
    return change.kind is ChangeKind.ANNOUNCE or undone


def memory_before_sending(change: Change) -> Fields:
    """What of the change's memory is on record before it is sent."""
    if remembered_first(change):
        return change.memory
    return tuple(each for each in change.memory if each[0] == EXPOSED)

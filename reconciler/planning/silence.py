"""A change that takes a leg's voice."""

from reconciler.model.action import Change, ChangeKind, FieldChange, Harm
from reconciler.model.observation import Participant
from reconciler.model.roster import Fields

FIELDS = {ChangeKind.MUTE: "muted", ChangeKind.HOLD: "hold"}
"""What each kind of silence changes of a participant."""


def silence(
    leg: Participant, label: str, kind: ChangeKind, reason: str, memory: Fields
) -> Change:
    """Mute *leg*, or put it on hold; *memory* is then known as sent."""
    return Change(
        label=label,
        call_sid=leg.call_sid,
        conference_sid=leg.conference_sid,
        kind=kind,
        field_changes=(FieldChange(FIELDS[kind], before=False, after=True),),
        harm=Harm.SILENCE,
        reason=reason,
        memory=memory,
    )

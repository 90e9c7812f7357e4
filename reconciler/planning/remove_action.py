"""Builds the actions that take somebody out."""

from reconciler.model.action import Remove
from reconciler.model.observation import Participant


def remove(label: str, leg: Participant, reason: str) -> Remove:
    """The removal of one leg of the listing."""
    return Remove(
        label=label,
        call_sid=leg.call_sid,
        conference_sid=leg.conference_sid,
        connected=leg.connected,
        only_unanswered=leg.on_the_way,
        reason=reason,
    )


def call_off(label: str, call_sid: str, reason: str) -> Remove:
    """The end of a call that nobody has answered; it is left alone once somebody has."""
    return Remove(
        label=label,
        call_sid=call_sid,
        conference_sid=None,
        connected=False,
        only_unanswered=True,
        reason=reason,
    )

"""Checks of what Twilio answered: a listing that contradicts itself is no observation."""

from collections import Counter
from collections.abc import Iterable

from reconciler.model.errors import TransientError
from reconciler.model.observation import (
    Conference,
    ConferenceStatus,
    Participant,
)


class Contradiction(TransientError):  # noqa: N818 - a state of what was read
    """Answers that cannot all be true at once."""


def two_active(first: str, second: str) -> str:
    """Why a name with two active conferences is not known, and the way out."""
    return (
        f"two active conferences have the name: {first} and {second}. "
        "End the one that is not to stay, in Twilio's Console or by: twilio "
        f"api:core:conferences:update --sid {second} --status completed"
    )


def waits_to_start(conference: Conference) -> bool:
    """Whether nobody has started it yet."""
    return conference.status is ConferenceStatus.INIT


def ended_conference(active: Conference | None, sid: str | None) -> str | None:
    """The conference seen last, if it is not the active one."""
    return None if active is not None and active.sid == sid else sid


def require_consistent(
    participants: tuple[Participant, ...], conference: Conference
) -> None:
    """Raise Contradiction if the listing cannot be true."""
    for leg in participants:
        if leg.conference_sid != conference.sid:
            raise Contradiction(
                f"the participant listing of {conference.sid} contains a participant "
                f"of {leg.conference_sid}"
            )
    _require_once("call", (leg.call_sid for leg in participants))
    _require_once(
        "label",
        (
            leg.label
            for leg in participants
            if leg.label is not None and (leg.connected or leg.on_the_way)
        ),
    )


def _require_once(what: str, names: Iterable[str]) -> None:
    for name, times in Counter(names).items():
        if times > 1:
            raise Contradiction(f"the {what} {name!r} is listed {times} times")

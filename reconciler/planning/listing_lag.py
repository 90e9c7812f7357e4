"""Changes sent moments ago that no listing shows yet.

Twilio's listing may show the value from before an update for some seconds. So a
silence that it shows counts as over once we have ended it, until a listing shows that.
"""

from collections.abc import Iterator

from reconciler.model.action import Change
from reconciler.model.ledger import Correction, CorrectionResult, Ledger
from reconciler.model.observation import Participant

LISTED_WITHIN_SECONDS = 10.0
"""Seconds for which a listing may still show the value from before an update."""

_SAFETY = "safety:"
"""Begins what is on record of a safety mute, or its end: no correction of anybody."""

_SILENCES = ("muted", "hold")


def unlisted_yet(correction: Correction, now: float) -> bool:
    """Whether *correction* worked and listings may still show the value before."""
    return (
        correction.result is CorrectionResult.DONE
        and correction.seen_at is None
        and 0.0 <= now - correction.at < LISTED_WITHIN_SECONDS
    )


def safety_fields(change: Change) -> Iterator[str]:
    """What a change for safety, or to undo one, sets: on record beside corrections."""
    for field_change in change.field_changes:
        if field_change.name == "muted":
            yield f"{_SAFETY}muted={field_change.after}"


def shows(leg: Participant, field: str) -> bool:
    """Whether the listing shows *leg* as a correction's *field* says."""
    name, value = _parts(field)
    return str(getattr(leg, name, None)) == value


def exposed(ledger: Ledger, call_sid: str, now: float) -> frozenset[str]:
    """The silences of a call, by field, that we ended and that may still be listed."""
    newest: dict[str, Correction] = {}
    for correction in ledger.corrections:
        if correction.call_sid == call_sid:
            newest[_parts(correction.field)[0]] = correction
    return frozenset(
        name
        for name in _SILENCES
        if name in newest
        and _parts(newest[name].field)[1] == "False"
        and unlisted_yet(newest[name], now)
    )


def heard(leg: Participant, ended: frozenset[str]) -> bool:
    """Whether a leg is neither muted nor on hold, as far as we know."""
    return not any(getattr(leg, name) and name not in ended for name in _SILENCES)


def _parts(field: str) -> tuple[str, str]:
    name, _, value = field.removeprefix(_SAFETY).partition("=")
    return name, value

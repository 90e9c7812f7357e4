"""When a placed call counts as ended although Twilio shows neither record nor leg.

After ``OVER_WITHOUT_RECORD_SECONDS``, if observations over a while agree: one
observation alone may rest on a clock that jumped.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from reconciler.model.attempt import Attempt
from reconciler.model.ledger import Ledger, Record
from reconciler.model.observation import Observation
from reconciler.planning.absence import OVER_WITHOUT_RECORD_SECONDS, unrecorded
from reconciler.planning.call_facts import WITHOUT_RECORD, Notes

if TYPE_CHECKING:
    from reconciler.model.roster import Value

AGREEING_OBSERVATIONS = 4
"""How many observations must agree."""

APART_SECONDS = 20.0
APART_MOST_SECONDS = 300.0
"""The least and the most time between two of them: more is a jump of a clock."""


def over_without_record(
    attempt: Attempt, observation: Observation, ledger: Ledger, now: float
) -> bool:
    """Whether a call counts as over as there is no record of it."""
    looks, _ = _read(ledger, attempt)
    enough = looks >= AGREEING_OBSERVATIONS
    return enough and unrecorded(attempt, observation, now, OVER_WITHOUT_RECORD_SECONDS)


def looks_without_record(
    records: Iterable[Record], observation: Observation, ledger: Ledger, now: float
) -> Notes:
    """What to remember of how many observations agree, by call SID."""
    notes: dict[str, Mapping[str, Value | None]] = {}
    for record in records:
        attempt = record.open
        if attempt is None or attempt.call_sid is None:
            continue
        if unrecorded(attempt, observation, now):
            value = _counted(*_read(ledger, attempt), now)
            if value is not None:
                notes[attempt.call_sid] = {WITHOUT_RECORD: value}
        elif WITHOUT_RECORD in ledger.memory.get(attempt.call_sid, {}):
            notes[attempt.call_sid] = {WITHOUT_RECORD: None}
    return notes


def _counted(looks: int, at: float, now: float) -> str | None:
    """The observations with this one; None if it comes too soon after the last to count."""
    if looks >= AGREEING_OBSERVATIONS or 0.0 <= now - at < APART_SECONDS:
        return None
    counts = not looks or 0.0 <= now - at <= APART_MOST_SECONDS
    return f"{looks + int(counts)} {int(now)}"


def _read(ledger: Ledger, attempt: Attempt) -> tuple[int, float]:
    """How many observations agree, and when the last one was, in Unix seconds."""
    value = ledger.memory.get(attempt.call_sid or "", {}).get(WITHOUT_RECORD)
    looks, _, at = str(value).partition(" ")
    return (int(looks), float(at)) if looks.isdigit() and at.isdigit() else (0, 0.0)

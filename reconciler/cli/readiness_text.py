"""How ready a room is and when it was seen, as data."""

from datetime import UTC, datetime
from typing import Any

from reconciler.engine.room.readiness import readiness_of
from reconciler.model.masking import mask
from reconciler.operations.evaluated_room import EvaluatedRoom


def rfc3339(at: float | None) -> str | None:
    """Unix seconds as RFC 3339 in UTC, None for None."""
    if at is None:
        return None
    shown = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return shown.replace("+00:00", "Z")


def seen_data(seen: EvaluatedRoom) -> dict[str, Any]:
    """When the room was seen, where that was read, and kstatus' conditions."""
    evaluation = seen.evaluation
    message = mask(evaluation.plan.unknown or evaluation.plan.stalled_reason or "")
    observed = seen.seen_at is not None
    return {
        "seen_at": rfc3339(seen.seen_at),
        "source": "twilio" if seen.record is None else "database",
        "status": {
            "observed_generation": evaluation.plan.generation if observed else None,
            "conditions": [
                {
                    "type": each.type,
                    "status": each.status,
                    "reason": each.reason,
                    "message": each.message,
                }
                for each in readiness_of(evaluation.state, message)
            ],
        },
    }

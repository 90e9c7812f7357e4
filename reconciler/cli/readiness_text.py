"""How ready a room is and when it was seen, as data."""

from typing import Any

from reconciler.engine.room.readiness import readiness_of
from reconciler.model.masking import mask
from reconciler.operations.evaluated_room import EvaluatedRoom


def observed_data(seen: EvaluatedRoom) -> dict[str, Any]:
    """When the room was seen, where that was read, and kstatus' conditions."""
    evaluation = seen.evaluation
    message = mask(evaluation.plan.unknown or evaluation.plan.stalled_reason or "")
    observed = seen.seen_at is not None
    return {
        "seen_at": seen.seen_at,
        "source": "twilio" if seen.record is None else "database",
        "status": {
            "observed_generation": evaluation.plan.generation if observed else None,
            "conditions": [
                {
                    "type": readiness_condition.type,
                    "status": readiness_condition.status,
                    "reason": readiness_condition.reason,
                    "message": readiness_condition.message,
                }
                for readiness_condition in readiness_of(evaluation.state, message)
            ],
        },
    }

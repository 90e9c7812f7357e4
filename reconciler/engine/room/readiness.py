"""A room's state as the conditions of kstatus: Ready, Reconciling and Stalled.

state       Ready    Reconciling  Stalled
converged   True     False        False
converging  False    True         False
stalled     False    False        True
paused      Unknown  False        False
released    Unknown  False        False
unknown     Unknown  False        False
"""

from msgspec import Struct

from reconciler.engine.room.evaluation import RoomPhase

_READY = {RoomPhase.CONVERGED: "True"} | dict.fromkeys(
    (RoomPhase.CONVERGING, RoomPhase.STALLED), "False"
)


class ReadinessCondition(Struct, frozen=True):
    """One condition; ``status`` is True, False or Unknown, as Kubernetes writes it."""

    type: str
    status: str
    reason: str
    message: str


def readiness_of(state: RoomPhase, message: str) -> tuple[ReadinessCondition, ...]:
    """The three conditions of a room; *message* says what keeps it from being ready."""
    reason = str(state).capitalize()
    statuses = (
        ("Ready", _READY.get(state, "Unknown")),
        ("Reconciling", str(state is RoomPhase.CONVERGING)),
        ("Stalled", str(state is RoomPhase.STALLED)),
    )
    return tuple(
        ReadinessCondition(name, status, reason, message) for name, status in statuses
    )

"""Mode, schedule and overrides of a room as data for JSON."""

from collections.abc import Iterable
from typing import Any

from reconciler.engine.desired_room import Desired
from reconciler.model.declaration import NORMAL, Override, Pin
from reconciler.planning.origins import origin_data
from reconciler.planning.override import override_data


def pin_data(pin: Pin | None) -> dict[str, Any] | None:
    """What is pinned for JSON, None for nothing; times in Unix seconds."""
    if pin is None:
        return None
    return {
        "generation": pin.generation,
        "since": pin.at,
        "by": pin.who,
        "reason": pin.reason,
        "file_generation": pin.file_generation,
    }


def effective_data(
    desired: Desired | None, overrides: Iterable[Override] | None = None
) -> dict[str, Any]:
    """Mode, pin, origins and overrides; *overrides* None where they were not read."""
    data: dict[str, Any] = {
        "mode": desired.mode if desired else NORMAL,
        "until": desired.boundary if desired else None,
        "pinned": pin_data(desired.pin) if desired else None,
        "origins": [
            origin_data(origin) for origin in (desired.origins if desired else ())
        ],
    }
    if overrides is not None:
        data["overrides"] = [override_data(override) for override in overrides]
    return data

"""Mode, schedule and overrides of a room as text."""

from collections.abc import Iterable, Iterator

from reconciler.cli.moment_text import moment
from reconciler.engine.desired_room import Desired
from reconciler.model.declaration import NORMAL, Origin, Override, Pin
from reconciler.model.masking import mask
from reconciler.planning.describe import quoted
from reconciler.planning.origins import origin_words
from reconciler.planning.override import words_of
from reconciler.planning.override_fit import unfit

NEXT = "The daemon applies this at once; without one: reconciler sync"
"""What is said once a decision about a roster is on record."""


def effective_lines(
    desired: Desired | None, overrides: Iterable[Override]
) -> Iterator[str]:
    """What is pinned, the mode, the overrides that stand, and when that is over."""
    if desired is None:
        return
    yield from pin_lines(desired)
    if desired.mode != NORMAL:
        yield mask(f"  . mode {desired.mode}")
    for override in overrides:
        yield mask(f"  . override {override.id}: {override_line(override)}")
    for origin in unfit(desired.origins):
        yield mask(f"  . {origin.label}: {origin_line(origin)}")
    until = desired.boundary
    if until is not None:
        yield f"  . as declared until {moment(until)}"


def pin_lines(desired: Desired | None) -> Iterator[str]:
    """What is pinned, as a line of a room; none where the file counts."""
    if desired is not None and desired.pin is not None:
        yield mask(f"  . {pin_line(desired.roster.room, desired.pin)}")


def pin_line(room: str, pin: Pin) -> str:
    """What is pinned, by whom, when, why, and the command that ends it."""
    why = f": {pin.reason}" if pin.reason else ""
    return (
        f"pinned to generation {pin.generation} by {pin.who}, {moment(pin.at)}{why} "
        f"(until the file changes, or: reconciler unpin {quoted(room)})"
    )


def override_line(override: Override) -> str:
    """An override: what, until when, by whom, why."""
    end = "" if override.until is None else f" until {moment(override.until)}"
    why = f": {override.reason}" if override.reason else ""
    return f"{words_of(override)}{end}, by {override.who}{why}"


def override_sentence(override: Override) -> str:
    """What was made, in a sentence."""
    end = (
        "until it is unset"
        if override.until is None
        else f"until {moment(override.until)}"
    )
    return f"{override.room}: {words_of(override)}, {end} (override {override.id})."


def origin_line(origin: Origin) -> str:
    """Why a field is not as the roster says: ``muted: mode sidebar until 18:00``."""
    end = "" if origin.until is None else f" until {moment(origin.until)}"
    return f"{origin.field}: {origin_words(origin)}{end}"

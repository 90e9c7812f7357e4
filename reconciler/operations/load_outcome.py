"""Preview of a room after a load of its file and the clock's changes."""

from collections.abc import Mapping, Sequence
from math import inf, nextafter

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.engine.desired_room import Desired, Standing
from reconciler.model.attempt import Attempt
from reconciler.model.declaration import Declaration, Effective, Override, Pin
from reconciler.model.ledger import Ledger
from reconciler.planning.agenda import boundaries, next_change
from reconciler.planning.load_preview import ledger_after_load
from reconciler.store.queries.declaration_document import declaration_digest
from reconciler.store.queries.effective_state import read_at


class BeforeLoad(Struct, frozen=True):
    """A room as stored; ``desired`` and ``declaration`` are None if it never was.

    ``left`` are the calls that people left of late, by label.
    """

    desired: Desired | None
    ledger: Ledger
    declaration: Declaration | None = None
    overrides: tuple[Override, ...] = ()
    left: Mapping[str, tuple[Attempt, ...]] = field(default_factory=dict)

    @property
    def returns(self) -> bool:
        """Whether its file was gone, so that a load has the room managed again."""
        return self.desired is not None and self.desired.file_left


def as_of(before: BeforeLoad, at: float) -> tuple[Desired | None, Ledger]:
    """The room as it counts at *at*, whether or not anybody wrote that down yet."""
    if before.desired is None or before.declaration is None:
        return before.desired, before.ledger
    return _stepped(before.declaration, before.desired.pin, before, at, at)


def until_change(
    desired: Desired, declaration: Declaration, overrides: Sequence[Override], at: float
) -> Desired:
    """*desired*, to be shown: until its next change, as not every boundary is one."""
    if desired.boundary is None:
        return desired
    return replace(desired, effective_until=next_change(declaration, overrides, at))


def after_load(
    declaration: Declaration | None, before: BeforeLoad, now: float, at: float
) -> tuple[Desired, Ledger]:
    """The room at *at*, if *declaration* is loaded *now*, boundary by boundary.

    None is what the file declared before. A pause stands, and a room that a person
    released stays so until an edit. What is pinned stays so while the file declares
    what it did.
    """
    if declaration is None:
        return _as_stored(before, now, at)
    pin = None if before.desired is None else before.desired.pin
    if pin is None or before.declaration is None:
        return _stepped(declaration, None, before, now, at)
    if declaration_digest(declaration) != pin.file_declared:
        return _stepped(declaration, None, before, now, at)
    pinned = read_at(before.declaration, declaration.roster.source)
    return _stepped(pinned, pin, before, now, at)


def _as_stored(before: BeforeLoad, now: float, at: float) -> tuple[Desired, Ledger]:
    """The room at *at*; without a declaration, it is one that has no boundary."""
    assert before.desired is not None  # noqa: S101 - it was loaded
    if before.declaration is None:
        return before.desired, before.ledger
    return _stepped(before.declaration, before.desired.pin, before, now, at)


def _stepped(
    declaration: Declaration,
    pin: Pin | None,
    before: BeforeLoad,
    now: float,
    at: float,
) -> tuple[Desired, Ledger]:
    """The room at *at*, if *declaration* is what is declared *now*, *pin* or not."""
    steps = boundaries(declaration, before.overrides, now, nextafter(at, inf))
    edited = _edited(declaration, pin, before)
    desired, ledger = _loaded(next(steps)[1], before, now, edited=edited)
    for boundary, effective in steps:
        desired, ledger = _advanced(desired, ledger, effective, boundary)
    return replace(desired, pin=pin), ledger


def _edited(declaration: Declaration, pin: Pin | None, before: BeforeLoad) -> bool:
    """Whether a load of *declaration* makes a new generation, whatever it comes to."""
    if before.desired is None or before.returns or before.desired.pin != pin:
        return True
    return before.declaration != _placed(declaration, before)


def _loaded(
    effective: Effective, before: BeforeLoad, now: float, *, edited: bool
) -> tuple[Desired, Ledger]:
    if before.desired is None:
        desired = _restated(Desired(effective.roster, 1), effective)
        return desired, ledger_after_load(None, effective.roster, before.ledger, now)
    if edited:
        return _next(before.desired, before.ledger, effective, now, before.left)
    return _advanced(before.desired, before.ledger, effective, now)


def _placed(declaration: Declaration, before: BeforeLoad) -> Declaration:
    """*declaration* as if read where that of *before* was: a move is no edit."""
    source = before.declaration.roster.source if before.declaration else ""
    return read_at(declaration, source)


def _advanced(
    desired: Desired, ledger: Ledger, effective: Effective, at: float
) -> tuple[Desired, Ledger]:
    """The room once *effective* counts by the clock; a released one stays as it is."""
    if desired.standing is Standing.RELEASED:
        return desired, ledger
    source = desired.roster.source
    if replace(effective.roster, source=source) == desired.roster:
        return _restated(desired, effective), ledger
    return _next(desired, ledger, effective, at)


def _next(
    desired: Desired,
    ledger: Ledger,
    effective: Effective,
    at: float,
    left: Mapping[str, tuple[Attempt, ...]] | None = None,
) -> tuple[Desired, Ledger]:
    """The next generation: by an edit where *left* is given, else by the clock."""
    ledger = ledger_after_load(
        desired.roster,
        effective.roster,
        ledger,
        at,
        edited=left is not None,
        left=left or {},
    )
    managed = Standing.MANAGED if desired.paused_by is None else Standing.PAUSED
    return (
        replace(
            _restated(desired, effective),
            roster=effective.roster,
            generation=desired.generation + 1,
            standing=managed,
            released_by=None,
        ),
        ledger,
    )


def _restated(desired: Desired, effective: Effective) -> Desired:
    return replace(
        desired,
        mode=effective.mode,
        effective_until=effective.until,
        origins=effective.origins,
    )


def untouched_by_calls(ledger: Ledger) -> bool:
    """Whether a room was never seen with a conference, and calls nobody.

    Another account may act in it at once.
    """
    calling = any(record.open for record in ledger.records.values())
    return ledger.conference_sid is None and not calling

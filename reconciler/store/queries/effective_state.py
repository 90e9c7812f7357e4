"""Effective roster of a room, and what of it is stored; pure."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from reconciler.model.declaration import Declaration, Effective, Override, Pin
from reconciler.model.roster import Roster
from reconciler.planning.effective import effective, is_plain
from reconciler.store.queries.declaration_document import (
    Document,
    declaration_digest,
    declaration_document,
    origins_document,
    pin_document,
)
from reconciler.store.queries.row import Columns


class Stated(Struct, frozen=True):
    """A room's declaration, and the roster that it and the overrides come to.

    ``edited`` says that a file changed it, not a person's command or the clock.
    ``pin`` says that the declaration is not the file's but that of an earlier
    generation.
    """

    declaration: Declaration
    effective: Effective
    edited: bool
    pin: Pin | None = None

    @property
    def room(self) -> str:
        """The conference's friendly name."""
        return self.declaration.room

    @property
    def roster(self) -> Roster:
        """The effective roster."""
        return self.effective.roster

    @property
    def document(self) -> Document | None:
        """The declaration as JSON, None where it is the effective roster alone."""
        if self._alone:
            return None
        return declaration_document(self.declaration)

    @property
    def _alone(self) -> bool:
        plain = is_plain(self.declaration)
        return plain and self.declaration.roster == self.roster

    @property
    def columns(self) -> Columns:
        """What is kept of it in ``rosters`` beside the effective roster."""
        return {
            "declared": None if self._alone else declaration_digest(self.declaration),
            "mode": self.effective.mode,
            "effective_until": self.effective.until,
            "origins": origins_document(self.effective.origins),
            "pin": pin_document(self.pin),
        }


def state(
    declaration: Declaration,
    overrides: Sequence[Override],
    at: float,
    *,
    edited: bool,
    pin: Pin | None = None,
) -> Stated:
    """What *declaration* and *overrides* come to *at* a time."""
    counts = effective(declaration, overrides, at)
    return Stated(declaration, counts, edited, pin)


def as_declaration(declared: Roster | Declaration) -> Declaration:
    """A declaration; a roster is one without schedule and modes."""
    return Declaration(declared) if isinstance(declared, Roster) else declared


def read_at(declaration: Declaration, source: str) -> Declaration:
    """*declaration* as if read at *source*."""
    return replace(declaration, roster=replace(declaration.roster, source=source))

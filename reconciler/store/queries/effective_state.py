"""What counts in a room at a time, and what of it is kept beside the roster: pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.model.declaration import Declaration, Effective, Override
from reconciler.model.roster import Roster
from reconciler.planning.effective import effective, in_force, is_plain
from reconciler.store.queries.declaration_document import (
    Document,
    declaration_digest,
    declaration_document,
    origins_document,
)
from reconciler.store.queries.row import Columns


@dataclass(frozen=True, slots=True)
class Stated:
    """A room's declaration, and the roster that it and the overrides come to.

    ``edited`` says that a file changed it, not a person's command or the clock.
    ``named`` are the labels that overrides in force are about.
    """

    declaration: Declaration
    effective: Effective
    edited: bool
    named: frozenset[str] = frozenset()

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
        }


def state(
    declaration: Declaration,
    overrides: Sequence[Override],
    at: float,
    *,
    edited: bool,
) -> Stated:
    """What *declaration* and *overrides* come to *at* a time."""
    words = in_force(overrides, at)
    named = frozenset(label for each in words for label in each.labels)
    return Stated(declaration, effective(declaration, overrides, at), edited, named)


def as_declaration(declared: Roster | Declaration) -> Declaration:
    """A declaration; a roster is one without schedule and modes."""
    return Declaration(declared) if isinstance(declared, Roster) else declared

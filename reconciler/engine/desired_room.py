"""A room's row: its roster, and what was decided about it."""

from enum import StrEnum

from msgspec import Struct

from reconciler.model.account_name import DEFAULT_ACCOUNT
from reconciler.model.declaration import NORMAL, Origin, Pin
from reconciler.model.partly_compared import PartlyCompared
from reconciler.model.roster import Roster


class Standing(StrEnum):
    """Whether a room is ours to converge."""

    MANAGED = "managed"
    PAUSED = "paused"
    RELEASED = "released"


class Version(Struct, frozen=True):
    """What of a room's row decides whether a plan may still be carried out.

    ``due`` says that the roster on record does not count any longer: its time is over.
    """

    generation: int
    standing: Standing
    decisions: int = 0
    due: bool = False


class Desired(PartlyCompared, frozen=True):
    """A room's row: its roster and what a person decided about it.

    ``paused_until`` is when a pause ends by itself, None if a person ends it.
    ``paused_by`` and ``released_by`` are who said so, None where nobody did.
    ``decisions`` grows with each decision of a person about the room. ``roster`` is
    the effective one, in ``mode``, and stays so until ``effective_until`` (None: for
    good); ``origins`` say what of it is not as the declared roster says, and why.
    ``pin`` is the generation that is declared instead of the file, None for the file.
    ``account`` is the one that acts: that of the roster, or the one before it until
    nobody is left with it.
    """

    not_compared = frozenset({"decisions"})

    roster: Roster
    generation: int
    standing: Standing = Standing.MANAGED
    paused_until: float | None = None
    paused_by: str | None = None
    released_by: str | None = None
    decisions: int = 0
    mode: str = NORMAL
    effective_until: float | None = None
    origins: tuple[Origin, ...] = ()
    pin: Pin | None = None
    account: str = DEFAULT_ACCOUNT

    @property
    def version(self) -> Version:
        """What a plan for this room depends on."""
        return Version(self.generation, self.standing, self.decisions)

    @property
    def changes_account(self) -> bool:
        """Whether the roster names another account than the one that still acts."""
        return self.account != self.roster.account

    @property
    def file_left(self) -> bool:
        """Whether it is released because its file left, not by a person."""
        return self.standing is Standing.RELEASED and self.released_by is None

    @property
    def resumable(self) -> bool:
        """Whether a person paused or released it, so that a person may resume it."""
        return self.standing is not Standing.MANAGED and not self.file_left

    @property
    def boundary(self) -> float | None:
        """When the roster ends to count; None for good, or while it is released."""
        released = self.standing is Standing.RELEASED
        return None if released else self.effective_until

    def due(self, now: float) -> bool:
        """Whether the roster that counts at *now* is another one, or may be."""
        return self.boundary is not None and self.boundary <= now

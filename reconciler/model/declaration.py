"""Declaration of a room over time, and overrides of it."""

from enum import StrEnum

from msgspec import Struct

from reconciler.model.roster import Fields, RoomState, Roster, Unlisted
from reconciler.model.schedule import Period

NORMAL = "normal"
"""The mode of a room that names none: the roster as it stands."""


class Mode(Struct, frozen=True):
    """A named variation of a roster.

    ``members`` has, by label and sorted by it, the state fields (``muted``,
    ``hold``, ``coaching``, ``end_conference_on_exit``) that differ; groups, roles
    and ``others`` are expanded when the file is read.
    """

    name: str
    members: tuple[tuple[str, Fields], ...] = ()
    unlisted: Unlisted | None = None


class ScheduleEntry(Struct, frozen=True):
    """What a room's schedule says while ``period`` lasts; the first that lasts counts.

    ``period`` None is ``otherwise``. ``mode`` and ``state`` None: as without it.
    """

    period: Period | None
    mode: str | None = None
    state: RoomState | None = None


class Presence(Struct, frozen=True):
    """When the members ``labels`` are declared at all; absent outside the periods."""

    labels: tuple[str, ...]
    periods: tuple[Period, ...]


class Declaration(Struct, frozen=True):
    """A room as its file declares it: ``roster`` is it without schedule and modes.

    ``modes`` are sorted by name; ``mode`` counts where neither schedule nor a person
    says another.
    """

    roster: Roster
    modes: tuple[Mode, ...] = ()
    mode: str = NORMAL
    schedule: tuple[ScheduleEntry, ...] = ()
    presences: tuple[Presence, ...] = ()

    @property
    def room(self) -> str:
        """The conference's friendly name."""
        return self.roster.room


class OverrideVerb(StrEnum):
    """What a person can declare for a while, as commands and events name it."""

    SET = "set"
    MUTE_ALL = "mute-all"
    ONLY = "only"
    MODE = "mode"
    START = "start"
    END = "end"


class Override(Struct, frozen=True):
    """An operator's override of the file until ``until`` (Unix time; None: no end).

    verb       labels                       fields           mode
    set        one member                   one state field  None
    mute-all   who is exempt                ()               None
    only       who stays in conversation    ()               None
    mode       ()                           ()               its name
    start/end  ()                           ()               None

    ``id`` grows with each override of the database; the newest wins.
    """

    id: int
    room: str
    verb: OverrideVerb
    at: float
    until: float | None
    who: str
    reason: str = ""
    labels: tuple[str, ...] = ()
    fields: Fields = ()
    mode: str | None = None


class RevisionKind(StrEnum):
    """What made a generation of a room."""

    FILE = "file"
    OVERRIDE = "override"
    SCHEDULE = "schedule"
    ROLLBACK = "rollback"
    UNPIN = "unpin"


class Pin(Struct, frozen=True):
    """An earlier generation's declaration that counts until the file changes.

    ``generation`` is the one that ``who`` restored at ``at`` (Unix time).
    ``file_generation`` is one with what the file declares meanwhile, and
    ``file_declared`` the hash of that.
    """

    generation: int
    at: float
    who: str
    reason: str
    file_generation: int
    file_declared: str


class Origin(Struct, frozen=True):
    """Why a field of a member, or of the room (label ""), is not as the roster says.

    ``source`` is e.g. ``mode sidebar``, ``schedule`` or ``override``.
    """

    label: str
    field: str
    source: str
    until: float | None = None
    who: str = ""
    reason: str = ""


class Effective(Struct, frozen=True):
    """The roster at one instant; it stays so until ``until``, None: for good."""

    roster: Roster
    mode: str = NORMAL
    until: float | None = None
    origins: tuple[Origin, ...] = ()

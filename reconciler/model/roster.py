"""Desired state of a room."""

from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from reconciler.model.account_name import DEFAULT_ACCOUNT

Value: TypeAlias = str | int | bool | tuple[str, ...]
"""One parameter as a roster holds it; an array of Twilio's is a tuple."""

Fields: TypeAlias = tuple[tuple[str, Value], ...]
"""Parameters by snake_case name, sorted by name."""


class Unlisted(StrEnum):
    """What happens to people in the room whom no member matches."""

    KEEP = "keep"
    MUTE = "mute"
    HOLD = "hold"
    REMOVE = "remove"


class OnChange(StrEnum):
    """What a changed create-only parameter does to a call that stands."""

    KEEP = "keep"
    REDIAL = "redial"


class Cause(StrEnum):
    """Ways a call ends that a redial policy may name."""

    BUSY = "busy"
    NO_ANSWER = "no-answer"
    FAILED = "failed"
    LEFT = "left"
    MACHINE = "machine"


class RoomState(StrEnum):
    """What the roster wants of the room as a whole."""

    OPEN = "open"
    ENDED = "ended"


class Machine(StrEnum):
    """What happens to a call that an answering machine took.

    Only calls made with ``machine_detection`` say who answered.
    """

    KEEP = "keep"
    HANG_UP = "hang-up"
    HOLD = "hold"


class Late(StrEnum):
    """What happens to a candidate who answers when the group has enough."""

    KEEP = "keep"
    LET_GO = "let-go"


class GroupOrder(StrEnum):
    """In which order the candidates of a group are called."""

    LISTED = "listed"
    PRIORITY = "priority"


class Announcement(Struct, frozen=True):
    """Played to a member at most once a call; ``id`` tells one from the next."""

    id: str
    url: str
    method: str | None = None


class Redial(Struct, frozen=True):
    """When a member is called again: ``attempts`` in all, ``backoff`` in seconds.

    The wait doubles with each attempt. An end that is not ``on`` the list is
    respected: the person is not rung until somebody asks.
    """

    on: tuple[Cause, ...] = (Cause.BUSY, Cause.NO_ANSWER, Cause.FAILED)
    attempts: int = 3
    backoff: float = 30.0


class Limits(Struct, frozen=True):
    """The most that happens to a room without a person's approval.

    ``removals`` counts people removed within any ten minutes, ``rings`` the rings
    of one plan, ``exposures`` the people who within any ten minutes are unmuted, taken
    off hold or parted from whom they coach because their entries were edited.
    """

    removals: int = 3
    rings: int = 50
    exposures: int = 10


class Replacement(Struct, frozen=True):
    """Whom a member takes over from: ``label`` stays until the member is in.

    ``settle_seconds`` is how long the member must have been connected before
    ``label`` goes. ``deadline_seconds`` counts from when ``label`` should have
    gone; None waits without end. ``keep_after_deadline`` says what happens then: the
    old one stays (True), or goes although nobody took over (False).
    """

    label: str
    settle_seconds: float = 5.0
    deadline_seconds: float | None = None
    keep_after_deadline: bool = True


class Group(Struct, frozen=True):
    """Members of whom ``want`` are to be in the room, called one after the other.

    ``labels`` are members of the same roster, in the order of the file. The next
    candidate is called when one has not answered within ``each_seconds``, or was
    busy, refused, left, or a machine answered. ``want`` None: all of them at once.
    """

    name: str
    labels: tuple[str, ...]
    want: int | None = None
    each_seconds: float = 45.0
    order: GroupOrder = GroupOrder.LISTED
    late: Late = Late.LET_GO


DEFAULT_PRIORITY = 3
"""Of 1 to 5: the middle."""


class Member(Struct, frozen=True):
    """One person as declared; ``label`` is the key in the file and at Twilio.

    None means no opinion: neither sent nor compared. ``coaching`` is False
    (enforce that they coach nobody), the label of another member, or a call
    SID. ``create_only`` and ``write_only`` hold the parameters of those
    classes; values of secret parameters are references such as ``${NAME}``.
    ``priority`` 1 is called before 5. A member under ``protect`` is removed by a
    person's command only. ``role`` is the name of the role that the file gives.
    ``temporary`` are state fields that are declared for a time only, by an override or
    a schedule's mode, and not by the file: once that ends they become as they were.
    ``overridden`` are those of which the file declares another value.
    """

    label: str
    to: str
    sender: str
    muted: bool | None = None
    hold: bool | None = None
    coaching: str | bool | None = None
    end_conference_on_exit: bool | None = None
    create_only: Fields = ()
    write_only: Fields = ()
    announcements: tuple[Announcement, ...] = ()
    redial: Redial = Redial()
    on_change: OnChange = OnChange.KEEP
    role: str = ""
    protect: bool = False
    priority: int = DEFAULT_PRIORITY
    replaces: Replacement | None = None
    machine: Machine = Machine.KEEP
    temporary: tuple[str, ...] = ()
    overridden: tuple[str, ...] = ()

    @property
    def for_a_time(self) -> tuple[str, ...]:
        """The state fields that are not as the file alone leaves them."""
        return (*self.temporary, *self.overridden)


class Roster(Struct, frozen=True):
    """One room as declared at one instant: what planning compares with Twilio.

    ``source`` is the file and line it was read from. ``notify`` are the kinds of
    events that people are notified of. ``temporary_unlisted`` says that ``unlisted``
    is so for a time only, as ``Member.temporary``. ``account`` is the name of the one
    that calls. See ``model.declaration`` for what
    a file declares over time.
    """

    room: str
    members: tuple[Member, ...] = ()
    state: RoomState = RoomState.OPEN
    unlisted: Unlisted = Unlisted.KEEP
    limits: Limits = Limits()
    source: str = ""
    groups: tuple[Group, ...] = ()
    notify: tuple[str, ...] = ()
    temporary_unlisted: bool = False
    account: str = DEFAULT_ACCOUNT

    def member(self, label: str) -> Member | None:
        """The member called *label*, or None."""
        return next((each for each in self.members if each.label == label), None)

"""Plans: findings, actions, withheld and waiting."""

from collections.abc import Callable, Mapping
from enum import StrEnum

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.model.action import Action
from reconciler.model.ledger import GuardKind
from reconciler.model.observation import Conference, Participant
from reconciler.model.roster import Member
from reconciler.planning.call_facts import Notes
from reconciler.planning.finding import Finding


class Phase(StrEnum):
    """How far a member has come, in one word."""

    ABSENT = "absent"
    WAITING = "waiting"
    DIALING = "dialing"
    RINGING = "ringing"
    CONNECTED = "connected"
    LEFT = "left"
    FAILED = "failed"
    STALLED = "stalled"
    STANDBY = "standby"


class Withheld(Struct, frozen=True):
    """An action that was not allowed. ``guard`` names the rule.

    ``protected`` are the labels that a command must name to approve it.
    """

    action: Action
    guard: str
    reason: str
    protected: tuple[str, ...] = ()


class Waiting(Struct, frozen=True):
    """A member that is not as declared, with nothing to be done now.

    ``label`` is "" where the room as a whole waits. ``settled`` is True where only an
    operator or a participant can change it: it does not block convergence.
    A wait in phase STALLED is for a person to decide. ``until`` is the Unix time
    at which we act again by ourselves, None if that depends on Twilio;
    ``since`` the Unix time at which the phone was called, if it was.
    """

    label: str
    phase: Phase
    reason: str
    until: float | None = None
    settled: bool = False
    since: float | None = None


class Person(Struct, frozen=True):
    """A member as found: ``leg`` is None unless the listing shows one.

    ``leg`` is the one that counts; ``extras`` are further legs of the member.
    """

    member: Member
    leg: Participant | None
    phase: Phase = Phase.ABSENT
    reason: str = ""
    until: float | None = None
    since: float | None = None
    extras: tuple[Participant, ...] = ()

    @property
    def legs(self) -> tuple[Participant, ...]:
        """Every leg of the member, the one that counts first."""
        return (self.leg, *self.extras) if self.leg else ()


class GroupState(Struct, frozen=True):
    """A group that wants some of its people: who is in, and what of the others.

    ``others`` has labels, each with a word for what is so of them, "" on standby.
    """

    name: str
    want: int
    inside: tuple[str, ...]
    others: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """``dbas: 1 of 1 in (cara); ann busy, bob machine``."""
        names = f" ({', '.join(self.inside)})" if self.inside else ""
        said = ", ".join(f"{label} {word}" for label, word in self.others if word)
        rest = f"; {said}" if said else ""
        return f"{self.name}: {len(self.inside)} of {self.want} in{names}{rest}"


class ConditionKind(StrEnum):
    """What is so of a room as a whole; see ``planning.condition``."""

    GROUP = "group"

    EVERYBODY_LEFT = "everybody-left"
    NOT_STARTED = "not-started"
    TOO_MANY = "too-many"
    NOT_CALLED = "not-called"
    OTHER_PLAN = "other-plan"
    ACCOUNT = "account"


class Condition(Struct, frozen=True):
    """A sentence about a room; a *blocking* one needs a person."""

    kind: ConditionKind
    text: str
    blocking: bool = False


class ApprovalUse(Struct, frozen=True):
    """What a person allowed in a plan, and what to write of their approval.

    ``kinds`` are not withheld, for ``reason``; None where nothing was allowed.
    ``remaining`` names what of an approved plan is still to be done. ``begun`` is
    to be written as such before anything is done, None to leave what is on record.
    """

    kinds: frozenset[GuardKind] = frozenset()
    reason: str | None = None
    remaining: tuple[str, ...] = ()
    begun: tuple[str, ...] | None = None


NOT_APPROVED = ApprovalUse()


class MaybeIn(Struct, frozen=True):
    """Why a member is not called who may be in by a call without a record.

    ``overdue`` says that such calls have kept rings waiting for too long.
    """

    reason: str
    overdue: bool = False


class Plan(Struct, frozen=True):
    """The outcome of one comparison. Actions are in the order to be done.

    ``people`` are the members in the file's order, ``dismissed`` the legs of former
    members with their labels, ``unlisted`` the legs that no member matches, ``doubts``
    those of them who may be members, by call SID, with the reason. ``maybe_in`` are the
    members who may be in by a call without a record. ``memory`` is what to remember of
    calls before acting.

    ``unknown`` is the reason why nothing is known, None after a complete observation;
    with it there are no actions. ``requeue_after`` is in seconds, None when
    only an event or the next resync need bring the room back. ``conditions``
    are about the room as a whole, ``groups`` about those who want some of their
    people. ``left_out`` are actions of people who are no targets. ``approval_use``
    is what a person allowed.
    """

    room: str
    generation: int
    conference: Conference | None = None
    findings: tuple[Finding, ...] = ()
    actions: tuple[Action, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    people: tuple[Person, ...] = ()
    dismissed: tuple[tuple[str, Participant], ...] = ()
    unlisted: tuple[Participant, ...] = ()
    doubts: Mapping[str, str] = field(default_factory=dict)
    maybe_in: Mapping[str, MaybeIn] = field(default_factory=dict)
    memory: Notes = field(default_factory=dict)
    requeue_after: float | None = None
    unknown: str | None = None
    conditions: tuple[Condition, ...] = ()
    groups: tuple[GroupState, ...] = ()
    left_out: tuple[Action, ...] = ()
    approval_use: ApprovalUse = NOT_APPROVED

    @property
    def legs(self) -> tuple[Participant, ...]:
        """Every leg that was found, of members first."""
        mine = (leg for person in self.people for leg in person.legs)
        return (*mine, *(leg for _, leg in self.dismissed), *self.unlisted)

    @property
    def blocked(self) -> Condition | None:
        """The first condition that needs a person, or None."""
        return next(
            (condition for condition in self.conditions if condition.blocking), None
        )

    def with_actions(self, change: Callable[[Action], Action]) -> "Plan":
        """The plan with each of its actions, withheld ones too, as *change* has it."""
        return replace(
            self,
            actions=tuple(map(change, self.actions)),
            withheld=tuple(
                replace(withheld, action=change(withheld.action))
                for withheld in self.withheld
            ),
        )

    @property
    def stalled(self) -> bool:
        """Whether a person must decide something."""
        return (
            bool(self.withheld)
            or self.blocked is not None
            or any(wait.phase is Phase.STALLED for wait in self.waiting)
        )

    @property
    def stalled_reason(self) -> str | None:
        """What first waits for a person, or None."""
        reasons = [self.blocked.text] if self.blocked else []
        reasons += [withheld.reason for withheld in self.withheld]
        reasons += [x.reason for x in self.waiting if x.phase is Phase.STALLED]
        return reasons[0] if reasons else None

    @property
    def settled(self) -> bool:
        """Whether nothing is to be done or waited for, as long as nothing changes."""
        return not (
            self.unknown
            or self.actions
            or self.withheld
            or any(not wait.settled for wait in self.waiting)
        )

    @property
    def converged(self) -> bool:
        """Whether the room is as declared, as far as the roster's policy goes."""
        return self.settled and self.blocked is None

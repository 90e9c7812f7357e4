"""Actions: the only changes made at Twilio, each with reason and harm."""

from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from reconciler.model.roster import Fields, Value


class Harm(StrEnum):
    """What an action does to people: what a person must know before it."""

    NONE = "none"
    RING = "ring"
    DROP = "drop"
    EXPOSE = "expose"
    SILENCE = "silence"


class Verb(StrEnum):
    """The three kinds of action, as plans and events name them."""

    RING = "ring"
    CHANGE = "change"
    REMOVE = "remove"


class ChangeKind(StrEnum):
    """What one update is about: one concern a request."""

    MUTE = "mute"
    HOLD = "hold"
    COACHING = "coaching"
    EXIT = "exit"
    WAIT = "wait"
    ANNOUNCE = "announce"


class FieldChange(Struct, frozen=True):
    """One field's way: ``before`` is None where Twilio does not show it."""

    name: str
    before: Value | None
    after: Value


class Ring(Struct, frozen=True):
    """Create a participant. ``conference`` is a SID, or the room's name.

    ``memory`` is what to remember of the call, by field name, once it exists.
    ``fallback`` marks the call of somebody who is next, since others of a group were
    called in vain. ``maybe_in`` marks one of somebody who may be in by a call that
    Twilio has no record of.
    """

    label: str
    to: str
    conference: str
    fields: Fields
    memory: Fields
    intent: int
    number: int
    reason: str
    fallback: bool = False
    maybe_in: bool = False

    @property
    def verb(self) -> Verb:
        """The kind of action."""
        return Verb.RING

    @property
    def harm(self) -> Harm:
        """A phone rings, and the call costs money."""
        return Harm.RING


class Change(Struct, frozen=True):
    """Update one participant in one concern. ``label`` is "" for a stranger.

    ``memory`` is what to remember of the call, by field name. ``safety`` marks
    a silence that keeps a coach from being heard: no guard may stop it.
    ``before_hold`` marks what Twilio takes only of somebody who is not on hold, and
    leaves just before the hold of the same person.
    """

    label: str
    call_sid: str
    conference_sid: str
    kind: ChangeKind
    field_changes: tuple[FieldChange, ...]
    harm: Harm
    reason: str
    memory: Fields = ()
    safety: bool = False
    before_hold: bool = False

    @property
    def verb(self) -> Verb:
        """The kind of action."""
        return Verb.CHANGE

    @property
    def silences(self) -> bool:
        """Whether somebody is heard, or listened to, until it has worked."""
        return self.safety or self.harm is Harm.SILENCE


class Remove(Struct, frozen=True):
    """Take somebody out, or close the room when ``call_sid`` is None.

    ``connected`` is False for a call that is still being dialed or that the
    listing does not show: it is ended as a call. ``conference_sid`` is None
    where the call belongs to no conference that is active. ``safety`` marks a
    phone let off before it joins audible: no guard may stop it. ``memory`` is what
    to remember of the call, by field name, before the request leaves.
    ``only_unanswered`` leaves the call alone if somebody answered it meanwhile.
    ``machine`` marks the call of an answering machine: no person is removed.
    ``heir`` is the label of the member who replaces this one, "" for none.
    """

    label: str
    call_sid: str | None
    conference_sid: str | None
    connected: bool
    reason: str
    safety: bool = False
    memory: Fields = ()
    only_unanswered: bool = False
    machine: bool = False
    heir: str = ""

    @property
    def verb(self) -> Verb:
        """The kind of action."""
        return Verb.REMOVE

    @property
    def harm(self) -> Harm:
        """A person is cut off; a phone that nobody answered only stops ringing."""
        return Harm.DROP if self.connected and not self.machine else Harm.NONE


Action: TypeAlias = Ring | Change | Remove

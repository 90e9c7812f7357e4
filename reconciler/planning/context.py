"""Inputs of planning, and the builder that its steps add to."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.model.action import Action, Change, Remove, Ring
from reconciler.model.attempt import Attempt
from reconciler.model.ledger import GuardKind, Ledger, Record
from reconciler.model.observation import Call, Observation, Participant
from reconciler.model.parameter import BY_NAME, Class
from reconciler.model.roster import Member, Roster, Value
from reconciler.planning.call_facts import MUTED, REMOVED, REMOVING
from reconciler.planning.identity import Ambiguity, Matching
from reconciler.planning.plan import Waiting, Withheld

LEAVING_SECONDS = 30.0
"""Seconds for which a removed person may still be listed."""

RETRACT_AFTER_SECONDS = 10.0
"""Seconds after which a removal without an answer, of somebody seen, did not work."""

REDIAL_INTERVAL_SECONDS = 600.0
"""Seconds within which a member is redialed once for a changed parameter."""

Item: TypeAlias = Action | Withheld | Waiting
"""What a step of the decision comes to."""


class Takeover(Struct, frozen=True):
    """What becomes of ``label``, whom ``heir`` replaces; see ``replacement``.

    ``heirs`` are the members whom they stay for, ``goes`` is why they go now, "" while
    they stay; ``wait`` is what they stay for.
    """

    label: str
    heir: str
    heirs: tuple[str, ...] = ()
    goes: str = ""
    wait: Waiting | None = None


class PlanningContext(Struct, frozen=True):
    """Everything the decision rests on. ``records`` are those after the observation.

    ``unproven`` are the legs on which exposures wait, by call SID; ``unrung``
    are the labels that only a person can have called. ``standby`` has the members whom
    their groups do not call now, by label, with the reason. ``replaced`` has those
    from whom others take over, by label. ``only`` are the labels that are acted on,
    None for all. ``lifted`` are the kinds that a person allowed. ``going`` are the
    calls to be removed, now or once their turn comes.
    """

    roster: Roster
    observation: Observation
    ledger: Ledger
    records: Mapping[str, Record]
    matching: Matching
    now: float
    generation: int
    unproven: Mapping[str, Ambiguity] = field(default_factory=dict)
    unrung: frozenset[str] = frozenset()
    standby: Mapping[str, str] = field(default_factory=dict)
    replaced: Mapping[str, Takeover] = field(default_factory=dict)
    only: frozenset[str] | None = None
    lifted: frozenset[GuardKind] = frozenset()
    going: frozenset[str] = frozenset()

    def record(self, member: Member) -> Record:
        """The member's record; one not yet in SQL has no history."""
        record = self.records.get(member.label)
        if record is not None:
            return record
        return Record(member.label, member.to, intent=1, changed_at=self.now)

    def leg(self, label: str) -> Participant | None:
        return self.matching.leg(label)

    def legs_of(self, label: str) -> tuple[Participant, ...]:
        """Every leg of *label*, the one that counts first."""
        return self.matching.legs(label)

    def by_call(self, call_sid: str | None) -> Participant | None:
        """The leg of a call, or None if it is not in the room."""
        return next((leg for leg in self.legs if leg.call_sid == call_sid), None)

    @property
    def legs(self) -> tuple[Participant, ...]:
        """Everybody in the room or on the way to it, in the listing's order."""
        return self.matching.present

    def alias(self, stranger: Participant) -> str:
        """The label that a stranger carries, "" if it is somebody else's."""
        label = stranger.label or ""
        return "" if label in self.records else label

    def call(self, call_sid: str | None) -> Call | None:
        """The record of a call, read now or told apart before; None if neither.

        Who answered is known for good: an observation on record may be older than that.
        """
        known = self.ledger.identities.get(call_sid or "")
        read = self.observation.calls.get(call_sid or "")
        if read is None or known is None or read.answered_by or not known.answered_by:
            return read or known
        return replace(read, answered_by=known.answered_by)

    def found(self, attempt: Attempt) -> bool:
        """Whether the attempt's call is not the one that its create asked for.

        It was found in the room, or the person dialed in while the answer to
        the create was lost: what the create said is not so of this call.
        """
        call = self.call(attempt.call_sid)
        return attempt.number == 0 or (call is not None and call.inbound)

    @property
    def superseded(self) -> frozenset[str]:
        """Members of the roster from whom others take over: nobody calls them."""
        members = self.roster.members if self.replaced else ()
        return frozenset(
            member.label for member in members if member.label in self.replaced
        )

    @property
    def grouped(self) -> frozenset[str]:
        """Members of groups that want some of their people only."""
        wanting = (group for group in self.roster.groups if group.want is not None)
        return frozenset(label for group in wanting for label in group.labels)

    def lifts(self, kind: GuardKind) -> bool:
        """Whether a person let actions of *kind* through."""
        return kind in self.lifted

    @property
    def approves_rings(self) -> bool:
        """Whether a person let the rings that are withheld through."""
        return self.lifts(GuardKind.RINGS)

    def leaving(self, call_sid: str) -> bool:
        """Whether we took this call out a moment ago: listings lag behind that."""
        removed_at = self.ledger.memory.get(call_sid, {}).get(REMOVED)
        return (
            isinstance(removed_at, int) and abs(self.now - removed_at) < LEAVING_SECONDS
        )

    def retracted_at(self, call_sid: str) -> float | None:
        """When a removal that is on record counts as not done; None without one.

        It is on record before its request leaves, so that a call that ends
        counts as removed even where the answer was lost.
        """
        noted = self.ledger.memory.get(call_sid, {})
        times = [
            at + life if at <= self.now + life else self.now
            for name, life in (
                (REMOVING, RETRACT_AFTER_SECONDS),
                (REMOVED, LEAVING_SECONDS),
            )
            if isinstance(at := noted.get(name), int)
        ]
        return max(times, default=None)

    def redialed_at(self, label: str, call_sid: str) -> float | None:
        """When the call before *call_sid* was removed to be redialed, or None."""
        times = (
            fields.get(f"redial:{label}")
            for sid, fields in self.ledger.memory.items()
            if sid != call_sid
        )
        return max((at for at in times if isinstance(at, int)), default=None)

    def memory(self, member: Member, leg: Participant) -> Mapping[str, Value]:
        """What was last sent on the call, by name.

        The create says it too, where its answer was lost.
        """
        attempt = self.record(member).open
        sent: Mapping[str, Value] = {}
        made = attempt is not None and not self.found(attempt)
        if made and attempt is not None and attempt.call_sid == leg.call_sid:
            sent = dict(attempt.memory) or self._read_off(attempt, member)
        return {**sent, **self.ledger.memory.get(leg.call_sid, {})}

    def _read_off(self, attempt: Attempt, member: Member) -> Mapping[str, Value]:
        """What a create says whose memory was not kept.

        What it says of ``muted`` counts while the roster is the one it was made
        for.
        """
        said = dict(attempt.sent)
        sent = {name: value for name, value in said.items() if _write_only(name)}
        same = attempt.generation == self.generation
        if same and member.muted is None and said.get(MUTED) is True:
            sent[MUTED] = True
        return sent


def _write_only(name: str) -> bool:
    parameter = BY_NAME.get(name)
    return parameter is not None and parameter.cls is Class.WRITE_ONLY


class PlanBuilder(Struct):
    """The plan in the making: the only thing that grows."""

    actions: list[Action] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)

    def take(self, items: Iterable[Item]) -> None:
        """Add what a step came to, each to its own list."""
        for item in items:
            match item:
                case Ring() | Change() | Remove():
                    self.actions.append(item)
                case Withheld():
                    self.withheld.append(item)
                case Waiting():
                    self.waiting.append(item)

    @property
    def going(self) -> frozenset[str]:
        """The calls that are taken out."""
        removes = (action for action in self.actions if isinstance(action, Remove))
        return frozenset(remove.call_sid for remove in removes if remove.call_sid)

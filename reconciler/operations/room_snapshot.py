"""Current state of a room's members, observed or else as recorded."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

from msgspec import Struct
from msgspec.structs import replace

from reconciler.engine.desired_room import Desired
from reconciler.engine.ports import Clock
from reconciler.model.action import Ring
from reconciler.model.attempt import Attempt, AttemptState, CallOutcome
from reconciler.model.errors import CredentialsRefused, SettingError, TwilioError
from reconciler.model.ledger import Ledger
from reconciler.model.masking import mask
from reconciler.model.observation import Observation
from reconciler.model.roster import RoomState
from reconciler.operations.evaluated_room import see, with_approval
from reconciler.operations.operation_context import OperationContext
from reconciler.planning.absence import maybe_anothers, undecided, unrecorded
from reconciler.planning.describe import quoted
from reconciler.planning.origins import origin_words
from reconciler.planning.plan import Person, Phase, Plan
from reconciler.planning.planner import make_plan
from reconciler.store.store import SqlStore

Opening = Callable[[], AbstractAsyncContextManager[OperationContext]]
"""Opens what an observation of Twilio needs; SettingError without credentials."""

OBSERVE_SECONDS = 10.0
"""Seconds that the observation may take; then what is on record has to do."""

_GONE = frozenset(
    {
        CallOutcome.LEFT,
        CallOutcome.ROOM_ENDED,
        CallOutcome.MOVED,
        CallOutcome.RUNG,
        CallOutcome.CANCELED,
    }
)
_LOST = frozenset({AttemptState.PENDING, AttemptState.UNKNOWN})


class Obstacle(Struct, frozen=True):
    """What keeps a call back; ``person`` says that only a person can change it."""

    text: str
    person: bool


class RoomSnapshot(Struct, frozen=True):
    """A room's ledger and, unless ``blind`` says why not, an observation of the room.

    ``refused`` says that Twilio refused our credentials.
    """

    room: str
    desired: Desired
    ledger: Ledger
    observation: Observation | None
    plan: Plan | None
    blind: str
    clock: Clock
    refused: bool = False

    async def again(self, store: SqlStore) -> "RoomSnapshot":
        """The same look, with the ledger as it is now."""
        ledger = await store.ledger(self.room, self.clock())
        if self.observation is None:
            return replace(self, ledger=ledger)
        plan = make_plan(
            self.desired.roster,
            self.observation,
            ledger,
            self.clock(),
            self.desired.generation,
        )
        return replace(self, ledger=ledger, plan=plan)

    def attempt(self, label: str) -> Attempt | None:
        """The open attempt of a label, as on record."""
        record = self.ledger.records.get(label)
        return record.open if record else None

    def person(self, label: str) -> Person | None:
        """The member as the observation found them."""
        people = self.plan.people if self.plan else ()
        return next((each for each in people if each.member.label == label), None)

    def present(self, label: str) -> str:
        """How somebody is in the way of a call: connected, or being called; else "".

        Without an observation nobody is taken for present: what is on record may be
        old.
        """
        person = self.person(label)
        if person is None:
            return ""
        if person.leg is not None and person.leg.connected:
            return "connected"
        moving = person.phase in {Phase.DIALING, Phase.RINGING}
        return "being called" if moving or person.leg is not None else ""

    def undecided(self, label: str) -> str:
        """Why a person must first say what became of the last call; "" if none."""
        person, attempt = self.person(label), self.attempt(label)
        if attempt is None:
            return ""
        if person is not None:
            return person.reason if person.phase is Phase.STALLED else ""
        lost = attempt.state in _LOST
        return "its last call may have reached the phone" if lost else ""

    def held_back(self, label: str) -> Obstacle | None:
        """What keeps *label* from being called; None if nothing does."""
        plan = self.plan
        if plan is None or any(
            isinstance(action, Ring) and action.label == label
            for action in plan.actions
        ):
            return None
        if self.desired.roster.state is RoomState.ENDED:
            return Obstacle(self._ended_by(), person=True)
        held = [
            withheld for withheld in plan.withheld if withheld.action.label == label
        ]
        if held:
            return Obstacle(mask(held[0].reason), person=True)
        waits = [wait for wait in plan.waiting if wait.label == label]
        if not waits:
            room, name = quoted(self.room), quoted(label)
            return Obstacle(
                f"to see why: reconciler explain {room} {name}", person=False
            )
        return Obstacle(mask(waits[0].reason), waits[0].phase is Phase.STALLED)

    def _ended_by(self) -> str:
        """Who or what ended the room, and what opens it."""
        for origin in self.desired.origins:
            if (origin.label, origin.field) == ("", "state"):
                start = f"reconciler start {quoted(self.room)}"
                return f"the room is ended: {origin_words(origin)}. To open it: {start}"
        return "the roster declares state: ended"

    def absent(self, which: str) -> Sequence[str]:
        """The members who are not in the room: "all", "left" or "failed"."""
        members = [member.label for member in self.desired.roster.members]
        away = [member for member in members if not self.present(member)]
        if which == "all":
            return away
        return [each for each in away if self._ended(each) == which]

    def _ended(self, label: str) -> str:
        """How the last call of an absent member ended; "" without one."""
        record, person = self.ledger.records.get(label), self.person(label)
        if person is not None and person.phase is Phase.LEFT:
            return "left"
        if record is None or not record.attempts:
            return ""
        if person is not None:
            return "failed"
        latest = record.latest
        if latest is None or latest.outcome is None:
            return ""
        return "left" if latest.outcome in _GONE else "failed"

    @property
    def lost(self) -> list[str]:
        """The labels whose open call waits for a decision."""
        return [
            label
            for label in self.ledger.records
            if (attempt := self.attempt(label))
            and (undecided(attempt, self.clock()) or self.unrecorded(label))
        ]

    def unrecorded(self, label: str) -> str | None:
        """The SID of the label's call if nothing shows that it is ours, or that it lasts."""
        attempt = self.attempt(label)
        if attempt is None or self.observation is None:
            return None
        now = self.clock()
        doubtful = unrecorded(attempt, self.observation, now) or maybe_anothers(
            attempt, self.observation, now
        )
        return attempt.call_sid if doubtful else None

    def state(self, label: str) -> str:
        """How the observation found a member, in a few words."""
        person = self.person(label)
        if person is None:
            return ""
        return f"{label} is {self.present(label) or person.reason or person.phase}"


async def read_room(
    store: SqlStore, room: str, opening: Opening, clock: Clock
) -> RoomSnapshot:
    """What is known of *room*, with an observation of Twilio if that is possible.

    SettingError if the room is not known.
    """
    refused = False
    try:
        async with asyncio.timeout(OBSERVE_SECONDS):
            return await _looked(store, room, opening, clock)
    except TimeoutError:
        blind = f"Twilio did not answer within {OBSERVE_SECONDS:.0f} s"
    except (SettingError, CredentialsRefused, TwilioError) as error:
        refused = isinstance(error, CredentialsRefused)
        blind = f"Twilio could not be reached ({mask(str(error)).rstrip('.')})"
    return replace(await _on_record(store, room, blind, clock), refused=refused)


async def _looked(
    store: SqlStore, room: str, opening: Opening, clock: Clock
) -> RoomSnapshot:
    async with opening() as context:
        (evaluated,) = await see(context, room)
        seen = with_approval(evaluated, None, context.authority)
    evaluation = seen.evaluation
    if not isinstance(evaluation.observation, Observation):
        why = evaluation.plan.unknown or f"it is {evaluation.state}"
        return await _on_record(store, room, f"the room was not read: {why}", clock)
    return RoomSnapshot(
        room,
        seen.desired,
        evaluation.ledger,
        evaluation.observation,
        evaluation.plan,
        "",
        clock,
    )


async def _on_record(
    store: SqlStore, room: str, blind: str, clock: Clock
) -> RoomSnapshot:
    desired = await store.desired(room, clock())
    if desired is None:
        raise SettingError(f"room '{room}' does not exist")
    ledger = await store.ledger(room, clock())
    return RoomSnapshot(room, desired, ledger, None, None, blind, clock)

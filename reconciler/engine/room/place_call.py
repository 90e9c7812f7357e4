"""Places one call: committed before it is sent, sent once, always recorded.

Twilio's answer                          the attempt becomes
201                                      placed
nothing sent, 429, a passing refusal     refused, to be tried again
16026, the holder's number is ours       placed: adopted
16026, somebody else's                   refused for good
any other refusal                        refused for good
anything else                            unknown: looked for, never repeated
"""

from collections.abc import Callable, Sequence

from msgspec import Struct

from reconciler.engine.ports import (
    SEND_WITHIN_SECONDS,
    AttemptDraft,
    Clock,
    Lease,
    Notes,
    Placed,
    Provider,
    Store,
)
from reconciler.engine.room.evaluation import Evaluation
from reconciler.engine.room.event_recorder import EventRecorder
from reconciler.engine.room.outcome import ActionOutcome, Outcome, error_outcome
from reconciler.model.action import Ring
from reconciler.model.attempt import Attempt, AttemptState, CallOutcome
from reconciler.model.errors import LabelInUse, TwilioError
from reconciler.model.event import Event
from reconciler.model.observation import Unknown
from reconciler.planning.finding import Progress
from reconciler.planning.ownership import address


class CallResult(Struct, frozen=True):
    """What became of one ring; ``error`` is what Twilio's answer was, if one."""

    ring: Ring
    outcome: ActionOutcome
    progress: Progress
    error: TwilioError | None = None

    def notes(self, event: Event) -> Notes:
        """What is recorded of it, with *event*."""
        call_sid, sent = self.progress.call_sid, self.ring.memory
        memory = {call_sid: dict(sent)} if call_sid and sent else None
        return Notes(findings=(self.progress,), events=(event,), memory=memory)


class CallPlacer(Struct, frozen=True):
    """Opens attempts, and sends each once. Notes nothing of what came of them."""

    store: Store
    provider: Provider
    clock: Clock

    async def open(
        self,
        lease: Lease,
        rings: Sequence[Ring],
        evaluation: Evaluation,
        recorder: EventRecorder,
    ) -> tuple[Attempt | None, ...]:
        """Commit an attempt a ring; None for whoever has an open one already.

        RoomChanged unless the room is still as it was for *evaluation*.
        """
        now = self.clock()
        drafts = [
            AttemptDraft(
                ring,
                lease.room,
                evaluation.plan.generation,
                created_at=now,
                send_by=now + SEND_WITHIN_SECONDS,
                event=recorder.ring_planned(ring, now),
                version=evaluation.version,
            )
            for ring in rings
        ]
        return await self.store.open_attempts(lease, drafts, now)

    async def place(
        self, ring: Ring, attempt: Attempt, may_send: Callable[[], bool]
    ) -> CallResult:
        """Send one create, if *may_send* still says so just before the first byte.

        Raises nothing that Twilio or the way to it may answer with.
        """
        try:
            placed = await self.provider.ring(
                ring, lambda: may_send() and self.clock() < attempt.send_by
            )
        except LabelInUse as error:
            return await self._adopted(ring, attempt, error)
        except TwilioError as error:
            return _failed(ring, attempt, error, self.clock())
        outcome = ActionOutcome(ring, Outcome.DONE, "placed", placed.request_id)
        return CallResult(ring, outcome, _placed(attempt, placed))

    async def _adopted(
        self, ring: Ring, attempt: Attempt, error: LabelInUse
    ) -> CallResult:
        """Somebody active has the label: the member already, or a stranger."""
        try:
            held = await self._holder(ring)
        except TwilioError:
            held = None
        if held is None:
            outcome = ActionOutcome(
                ring,
                Outcome.DELAYED,
                "the label is in use, but its holder was not found",
            )
            progress = _refused(attempt, CallOutcome.DELAYED, outcome, self.clock())
        elif address(held[1]) == address(ring.to):
            outcome = ActionOutcome(
                ring, Outcome.DONE, "already in the room", error.request_id
            )
            progress = Progress(
                attempt.id,
                attempt.label,
                AttemptState.PLACED,
                "the label's holder has the member's number",
                call_sid=held[0],
                request_id=error.request_id,
            )
        else:
            message = f"the label is used by {held[0]}, a call to somebody else"
            outcome = ActionOutcome(
                ring, Outcome.FAILED, message, error.request_id, error.code
            )
            progress = _refused(attempt, CallOutcome.REFUSED, outcome, self.clock())
        return CallResult(ring, outcome, progress, error)

    async def _holder(self, ring: Ring) -> tuple[str, str] | None:
        """The holder's call SID and number. The room is looked up again."""
        conference_sid = ring.conference
        if not is_conference_sid(conference_sid):
            survey = await self.provider.survey((ring.conference,))
            active = survey.of(ring.conference)
            if active is None or isinstance(active, Unknown):
                return None
            conference_sid = active.sid
        held = await self.provider.holder(conference_sid, ring.label)
        return None if held is None else (held[0].call_sid, held[1].party)


def is_conference_sid(text: str) -> bool:
    """Whether *text* has the form of a conference's SID."""
    return len(text) == 34 and text[:2] == "CF"  # noqa: PLR2004 - Twilio's form


def _placed(attempt: Attempt, placed: Placed) -> Progress:
    return Progress(
        attempt.id,
        attempt.label,
        AttemptState.PLACED,
        "Twilio accepted the call",
        call_sid=placed.call_sid,
        conference_sid=placed.conference_sid,
        request_id=placed.request_id,
    )


def _failed(ring: Ring, attempt: Attempt, error: TwilioError, now: float) -> CallResult:
    outcome = error_outcome(ring, error)
    if outcome.result is Outcome.UNKNOWN:
        progress = Progress(
            attempt.id,
            attempt.label,
            AttemptState.UNKNOWN,
            outcome.message,
            code=outcome.code,
            request_id=outcome.request_id,
        )
    else:
        refused = outcome.result is Outcome.FAILED
        call_outcome = CallOutcome.REFUSED if refused else CallOutcome.DELAYED
        progress = _refused(attempt, call_outcome, outcome, now)
    return CallResult(ring, outcome, progress, error)


def _refused(
    attempt: Attempt, call_outcome: CallOutcome, outcome: ActionOutcome, now: float
) -> Progress:
    return Progress(
        attempt.id,
        attempt.label,
        AttemptState.REFUSED,
        outcome.message,
        ended_at=now,
        outcome=call_outcome,
        code=outcome.code,
        request_id=outcome.request_id,
    )

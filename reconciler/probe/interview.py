"""What questions ask with: calls within a budget, waiting, and the evidence kept.

A call is on record before its create is sent; it goes to no address but those that
the operator gave, and a question places no more calls than its plan shows.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import count
from typing import Protocol

from msgspec import Struct, field

from reconciler.model.errors import ReconcilerError, TerminalError
from reconciler.probe.answer_values import STEP_SECONDS
from reconciler.probe.api_line import ApiLine, ProbeReply
from reconciler.probe.journal import Journal
from reconciler.probe.leg import Leg, leg_of
from reconciler.probe.party import Party
from reconciler.probe.question import Question
from reconciler.twilio.api.form import Form

BOUND_SECONDS = 20.0
"""For how long a change is waited for that may never be seen."""

ANSWER_SECONDS = 45.0
"""Within which an answering address must have taken a call."""

_RING_SECONDS = "90"
_TALK_SECONDS = "300"
"""Twilio ends a call of the probe by itself after so long."""

_ADDRESS_CODES = frozenset({13223, 13224, 13227, 21210, 21211, 21212, 21214, 21215,
                            21216, 21217, 21218, 21219})  # fmt: skip
"""Refusals that are about an address, and so the same for every question."""


class OverBudget(ReconcilerError):  # noqa: N818 - a state of the question
    """A question would place more calls than its plan shows; nothing was sent."""


class AddressRefused(TerminalError):  # noqa: N818 - what Twilio did
    """Twilio does not call an address, or not from the number given."""


class NotAnswered(ReconcilerError):  # noqa: N818 - a state of the call
    """A call did not become what a question needs; the text says which."""


class EventSource(Protocol):
    """Webhooks of the probe's conferences."""

    @property
    def url(self) -> str:
        """Where Twilio is to send them."""

    def of(self, conference_sid: str) -> Sequence[Mapping[str, str]]:
        """The events of a conference that have come, by their SequenceNumber."""


class Interview(Struct):
    """One question being asked.

    ``notes`` say why something could not be answered, ``events`` is None without
    webhooks.
    """

    line: ApiLine
    journal: Journal
    question: Question
    addresses: Mapping[Party, Sequence[str]]
    sender: str
    run: str
    events: EventSource | None = None
    notes: dict[str, str] = field(default_factory=dict)
    placed: dict[Party, int] = field(default_factory=dict)
    _ids: "count[int]" = field(default_factory=count)

    @property
    def now(self) -> float:
        """Unix seconds."""
        return self.line.clock()

    def room(self, part: str = "") -> str:
        """The name of a conference that nobody else has; a question may use several."""
        turn = self.journal.times_asked(self.question.name)
        return f"reconciler-probe-{self.run}-{self.question.name}-{turn}{part}"

    def note(self, answer: str, why: str) -> None:
        """Say why there is no answer."""
        self.notes[answer] = why

    # Calls

    async def call(self, party: Party, room: str, label: str, **more: str) -> Leg:
        """Place a call that must be accepted; AddressRefused, TerminalError if not."""
        leg, reply = await self.try_call(party, room, label, more)
        if leg is None:
            raise TerminalError(
                f"a create was refused: HTTP {reply.status}, code {reply.code}: "
                f"{reply.text('message')}",
                status=reply.status,
                code=reply.code,
            )
        return leg

    async def try_call(
        self,
        party: Party,
        room: str,
        label: str,
        more: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[Leg | None, ProbeReply]:
        """Place a call; None beside the answer that refused it."""
        to = self._address(party)
        record = f"{self.question.name}-{self.journal.times_asked(self.question.name)}-{next(self._ids)}"
        self.journal.append("placing", id=record, to=to, at=self.now)
        form = {**self._form(to, label), **(more or {})}
        try:
            reply = await self._create(room, form, headers)
        except AddressRefused:
            self.journal.append("refused", id=record)
            raise
        if not reply.ok:
            self.journal.append("refused", id=record)
            return None, reply
        leg = leg_of(reply, to)
        self.journal.append("placed", id=record, call_sid=leg.call_sid)
        return leg, reply

    async def _create(
        self, room: str, form: Mapping[str, str], headers: Mapping[str, str] | None
    ) -> ProbeReply:
        path = ("Conferences", room, "Participants")
        fields = _pairs(form)
        reply = await self.line.post(*path, form=fields, headers=headers)
        if not reply.ok and reply.code in _ADDRESS_CODES:
            raise AddressRefused(
                f"Twilio refuses the call: {reply.text('message')} (code {reply.code})",
                status=reply.status,
                code=reply.code,
            )
        return reply

    def _address(self, party: Party) -> str:
        most = {
            Party.ANSWERING: self.question.answering,
            Party.RINGING: self.question.ringing,
        }[party]
        used = self.placed.get(party, 0)
        if used >= most:
            raise OverBudget(
                f"{self.question.name}: no call was placed: the plan shows {most}"
            )
        self.placed[party] = used + 1
        listed = self.addresses[party]
        return listed[used % len(listed)]

    def _form(self, to: str, label: str) -> dict[str, str]:
        form = {
            "To": to,
            "From": self.sender,
            "Label": label,
            "Timeout": _RING_SECONDS,
            "TimeLimit": _TALK_SECONDS,
            "Beep": "false",
        }
        if self.events:
            form |= {
                "ConferenceStatusCallback": self.events.url,
                "ConferenceStatusCallbackEvent": "start end join leave mute hold modify",
            }
        return form

    # Waiting

    async def until(
        self,
        check: Callable[[], Awaitable[bool]],
        *,
        within_seconds: float = BOUND_SECONDS,
        step_seconds: float = STEP_SECONDS,
    ) -> float | None:
        """When *check* was first true, None if it never was *within_seconds*."""
        ends_at = self.now + within_seconds
        while True:
            at = self.now
            if await check():
                return at
            if self.now >= ends_at:
                return None
            await self.line.sleep(step_seconds)

    async def connect(self, room: str, *labels: str, **more: str) -> tuple[Leg, ...]:
        """Calls to answering addresses, one after the other, all connected.

        The first goes to *room*, the others to its conference by SID: a name may lead
        to a second conference for some time.
        """
        legs: list[Leg] = []
        for label in labels:
            where = legs[0].conference_sid if legs else room
            leg = await self.call(Party.ANSWERING, where, label, **more)
            await self.connected(leg)
            legs.append(leg)
        return tuple(legs)

    async def connected(self, leg: Leg) -> float:
        """When a leg was seen connected; NotAnswered if it never was."""

        async def check() -> bool:
            shown = await self.line.get(*leg.participant)
            if not shown.ok:
                return False
            if shown.body.get("status") is not None:
                return shown.state == "connected"
            return await self.call_state(leg) == "in-progress"

        within = ANSWER_SECONDS + (leg.queue_seconds or 0.0)
        at = await self.until(check, within_seconds=within)
        if at is None:
            raise NotAnswered(
                f"an answering address did not take the call within {within:.0f} s: "
                "give one that answers by itself"
            )
        return at

    async def ring(self, room: str, label: str) -> Leg:
        """A call to the ringing address that rings by now."""
        leg = await self.call(Party.RINGING, room, label)

        async def check() -> bool:
            return await self.call_state(leg) not in {None, "queued", "initiated"}

        await self.until(
            check, within_seconds=ANSWER_SECONDS + (leg.queue_seconds or 0.0)
        )
        state = await self.call_state(leg)
        if state != "ringing":
            raise NotAnswered(
                f"the ringing address does not ring, its call is {state}: give one "
                "that rings and that nobody answers"
            )
        return leg

    async def call_state(self, leg: Leg) -> str | None:
        """What a call's own record says, None while there is none."""
        return (await self.line.get(*leg.call)).state

    async def listed(self, leg: Leg) -> Mapping[str, object] | None:
        """A leg as the participants listing shows it, None where it does not."""
        reply = await self.line.get(
            "Conferences", leg.conference_sid, "Participants", PageSize="50"
        )
        shown = reply.items("participants")
        return next((x for x in shown if x.get("call_sid") == leg.call_sid), None)

    async def event(
        self, conference_sid: str, check: Callable[[Mapping[str, str]], bool]
    ) -> Mapping[str, str] | None:
        """The first event that passes, None without webhooks or if none comes."""
        if self.events is None:
            return None
        source = self.events
        found: list[Mapping[str, str]] = []

        async def came() -> bool:
            found[:] = [x for x in source.of(conference_sid) if check(x)]
            return bool(found)

        await self.until(came, within_seconds=BOUND_SECONDS)
        return found[0] if found else None


def _pairs(form: Mapping[str, str]) -> Form:
    """A form whose events are repeated keys."""
    return tuple(
        (name, word)
        for name, value in form.items()
        for word in (value.split() if name.endswith("CallbackEvent") else (value,))
    )

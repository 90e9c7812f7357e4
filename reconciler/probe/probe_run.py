"""Asks the questions one after the other, and ends every call that it placed.

A question is answered on record only when all its calls are over. One that was
interrupted is asked again; what it had placed is ended first.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from reconciler.engine.waiting import wait_through
from reconciler.model.errors import (
    CredentialsRefused,
    ReconcilerError,
    SettingError,
)
from reconciler.probe.answer_values import AnswerValue
from reconciler.probe.api_line import ApiLine
from reconciler.probe.ending_calls import end_open_calls, live_calls
from reconciler.probe.interview import AddressRefused, EventSource, Interview
from reconciler.probe.journal import STATE_VERSION, Journal
from reconciler.probe.party import Party
from reconciler.probe.profile import Profile, day_of, hashed
from reconciler.probe.question import Question

_LEGS = ("IncomingPhoneNumbers", "OutgoingCallerIds")


class ProbeParties(Struct, frozen=True):
    """The operator's addresses, and the number that is shown to them."""

    addresses: Mapping[Party, Sequence[str]]
    sender: str

    @property
    def called(self) -> tuple[str, ...]:
        """All addresses that may be called."""
        listed = (each for party in Party for each in self.addresses.get(party, ()))
        return tuple(dict.fromkeys(listed))


class ProbeRun(Struct):
    """One probe of one account.

    ``say`` is told of each question before it is asked.
    """

    line: ApiLine
    journal: Journal
    parties: ProbeParties
    questions: Sequence[Question]
    product: str
    events: EventSource | None = None
    say: Callable[[str], None] = lambda _: None

    async def end_calls(self) -> None:
        """End the calls that an interrupted probe left; see ``end_open_calls``."""
        if self.journal.begun is not None:
            self._require_same(self.journal.begun)
        await _shielded(end_open_calls(self.line, self.journal, self.parties.sender))

    async def run(self, run: str) -> Profile:
        """Ask what is not answered yet; *run* names a new probe's conferences.

        Whatever ends it, the calls it placed are ended before it returns or raises.
        """
        await self._open(run)
        for question in self.questions:
            if question.name not in self.journal.answered():
                await self._ask(question)
        return self.profile()

    def profile(self) -> Profile:
        """What is answered by now."""
        answered = self.journal.answered()
        answers: dict[str, AnswerValue] = {}
        unanswered: dict[str, str] = {}
        questions: dict[str, str] = {}
        for name, record in answered.items():
            found = _mapping(record["answers"])
            answers |= found
            questions |= dict.fromkeys(found, name)
            unanswered |= {k: str(v) for k, v in _mapping(record["notes"]).items()}
        return Profile(
            account=hashed(self.line.account.sid),
            date=day_of(self._last_at()),
            product=self.product,
            answers=answers,
            unanswered={k: v for k, v in unanswered.items() if k not in answers},
            questions=questions,
            evidence={name: each["evidence"] for name, each in answered.items()},
        )

    def _last_at(self) -> float:
        times = [float(str(x["at"])) for x in self.journal.answered().values()]
        return max(times, default=self.line.clock())

    async def _open(self, run: str) -> None:
        if self.journal.begun is not None:
            await self.end_calls()
            return
        await self._require_owned()
        await self._require_quiet()
        self.journal.append(
            "begun",
            version=STATE_VERSION,
            account=hashed(self.line.account.sid),
            addresses=self._addresses(),
            run=run,
            at=self.line.clock(),
        )

    def _addresses(self) -> dict[str, object]:
        listed = self.parties.addresses
        return {
            "from": self.parties.sender,
            **{str(party): list(listed.get(party, ())) for party in Party},
        }

    def _require_same(self, begun: Mapping[str, object]) -> None:
        if begun["version"] != STATE_VERSION:
            raise SettingError(
                f"the state file is of version {begun['version']}, this reconciler's is "
                f"{STATE_VERSION}: finish that probe with the version that began it"
            )
        if begun["account"] != hashed(self.line.account.sid):
            raise SettingError(
                "the state file is of a probe of another account. Set that account's "
                "credentials, or name another file with --state"
            )
        if begun["addresses"] != self._addresses():
            raise SettingError(
                "the state file is of a probe with other addresses. Give the same ones, "
                "or name another file with --state"
            )

    async def _require_owned(self) -> None:
        """SettingError for a phone number that is neither the account's nor verified."""
        for number in dict.fromkeys((self.parties.sender, *self.parties.called)):
            if number.startswith("+") and not await self._owned(number):
                raise SettingError(
                    f"{number} does not belong to the account: it is neither one of its "
                    "numbers nor a verified caller ID. Nothing was called"
                )

    async def _owned(self, number: str) -> bool:
        for resource in _LEGS:
            query = (("PhoneNumber", number), ("PageSize", "1"))
            reply = await self.line.read((resource,), query)
            if reply.ok and next((True for key in _LISTS if reply.items(key)), False):
                return True
        return False

    async def _require_quiet(self) -> None:
        """SettingError while a call is up that the probe could not tell from its own."""
        for to in self.parties.called:
            if await live_calls(self.line, self.parties.sender, to):
                raise SettingError(
                    f"{to} is on a call from {self.parties.sender} already: begin the "
                    "probe when it is over. Nothing was called"
                )

    async def _ask(self, question: Question) -> None:
        self.say(question.name)
        self.journal.append("asked", question=question.name)
        self.line.evidence.clear()
        interview = self._interview(question)
        answers: Mapping[str, AnswerValue] = {}
        try:
            answers = await question.ask(interview)
        except (AddressRefused, CredentialsRefused, SettingError):
            raise
        except ReconcilerError as error:
            self._note_failure(interview, error)
        finally:
            evidence = list(self.line.evidence)
            await self.end_calls()
        self._record(interview, answers, evidence)

    def _interview(self, question: Question) -> Interview:
        begun = self.journal.begun or {}
        return Interview(
            line=self.line,
            journal=self.journal,
            question=question,
            addresses=self.parties.addresses,
            sender=self.parties.sender,
            run=str(begun["run"]),
            events=self.events,
        )

    def _note_failure(self, interview: Interview, error: ReconcilerError) -> None:
        text = self.line.anonymous(str(error))
        for name in (*interview.question.answers, *interview.question.by_events):
            interview.note(name, text)

    def _record(
        self,
        interview: Interview,
        answers: Mapping[str, AnswerValue],
        evidence: Sequence[Mapping[str, object]],
    ) -> None:
        question = interview.question
        if self.events is None:
            for name in question.by_events:
                interview.note(name, "needs webhooks: --listen and --public-url")
        for name in (*question.answers, *question.by_events):
            if name not in answers:
                interview.notes.setdefault(name, "not seen")
        self.journal.append(
            "answered",
            question=question.name,
            answers=dict(answers),
            notes={k: v for k, v in interview.notes.items() if k not in answers},
            evidence=[_dated(each) for each in evidence],
            at=self.line.clock(),
        )


_LISTS = ("incoming_phone_numbers", "outgoing_caller_ids")


def _mapping(value: object) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


def _dated(row: Mapping[str, object]) -> dict[str, object]:
    times = {key: _iso(float(str(row[key]))) for key in ("at", "last_at") if key in row}
    return {**row, **times}


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


async def _shielded(work: Coroutine[Any, Any, None]) -> None:
    """Do *work* to its end although this task is canceled meanwhile; then be canceled."""
    task = asyncio.create_task(work)
    canceled = await wait_through(task)
    task.result()
    if canceled:
        raise asyncio.CancelledError

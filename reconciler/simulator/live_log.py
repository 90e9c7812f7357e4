"""Lines about what happens in the simulator, as it happens."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, Generic, TypeVar

from reconciler.simulator.exchange.audit_log import LoggedEvent, Write
from reconciler.simulator.exchange.exchange import Exchange

T = TypeVar("T")
_POLL_SECONDS: Final = 0.2
_SHOWN: Final = ("Muted", "Hold", "Coaching", "Status", "ReasonParticipantLeft")
_ACCOUNT_PARTS: Final = 4
"""Parts of a path before its first resource: "", version, ``Accounts`` and the SID."""


class _Tail(Generic[T]):
    """What is new in a list that grows, and begins again when it is cleared."""

    def __init__(self) -> None:
        self._read = 0
        self._last: T | None = None

    def of(self, entries: Sequence[T]) -> Sequence[T]:
        """The entries since the last call."""
        same = self._read <= len(entries) and (
            self._read == 0 or entries[self._read - 1] is self._last
        )
        fresh = entries[self._read if same else 0 :]
        self._read = len(entries)
        self._last = entries[-1] if entries else None
        return fresh


class LiveLog:
    """Turns new entries of an exchange's log into lines, in order of time."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._writes = _Tail[Write]()
        self._events = _Tail[LoggedEvent]()

    def new_lines(self) -> list[str]:
        """What was logged since the last call."""
        self._exchange.catch_up()
        history = self._exchange.history
        fresh = [
            (write.at, _written(write)) for write in self._writes.of(history.writes)
        ]
        fresh += [
            (logged_event.at, _told(logged_event))
            for logged_event in self._events.of(history.events)
        ]
        fresh.sort(key=lambda each: each[0])
        return [f"{_clock(at)}  {text}" for at, text in fresh]

    async def follow(self, report: Callable[[str], None]) -> None:
        """Report lines until cancelled."""
        while True:
            self.report_to(report)
            await asyncio.sleep(_POLL_SECONDS)

    def report_to(self, report: Callable[[str], None]) -> None:
        """Report what is new."""
        for line in self.new_lines():
            report(line)


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S")


def _written(write: Write) -> str:
    path = "/".join(write.path.split("/")[_ACCOUNT_PARTS:])
    form = " ".join(f"{name}={' '.join(x)}" for name, x in write.form.items())
    parts = [f"{write.method:<6} {path}", form, f"→ {write.status or 'no answer'}"]
    if write.fault:
        parts.append(f"fault: {write.fault}")
    if write.ignored:
        parts.append(f"ignored: {', '.join(write.ignored)}")
    return "  ".join(filter(None, parts))


def _told(event: LoggedEvent) -> str:
    who = event.form.get("ParticipantLabel") or event.form.get("CallSid", "")
    where = event.form.get("FriendlyName") or _route(event.form)
    parts = [f"{event.stream:<10} {event.name}", who, where, *_details(event.form)]
    return "  ".join(filter(None, parts))


def _route(form: Mapping[str, str]) -> str:
    return f"{form.get('From', '')} → {form.get('To', '')}" if "To" in form else ""


def _details(form: Mapping[str, str]) -> Iterator[str]:
    for name in (*_SHOWN, "CallStatus"):
        value = form.get(name, "")
        if value and value != "false":
            yield f"{name}={value}"

"""An exchange on a virtual clock, and short ways to use it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from reconciler.model.recorded_observation import Audience
from reconciler.simulator.exchange.api_error import ApiError
from reconciler.simulator.exchange.behavior import Switches, flip
from reconciler.simulator.exchange.checked_form import Fields
from reconciler.simulator.exchange.clock import VirtualClock
from reconciler.simulator.exchange.exchange import Exchange
from reconciler.simulator.exchange.people import People, Subscriber
from reconciler.simulator.exchange.records import ConferenceRecord, ParticipantRecord
from reconciler.simulator.http.app import app

ROOM = "support-line"
FROM = "+15005550006"


def fields(form: Mapping[str, str]) -> Fields:
    return {name: (value,) for name, value in form.items()}


def number_of(label: str) -> str:
    return f"+1555{sum(map(ord, label)):07d}"


@dataclass
class Desk:
    clock: VirtualClock
    exchange: Exchange
    sids: dict[str, str] = field(default_factory=dict)

    def ring(self, label: str, room: str = ROOM, **form: str) -> ParticipantRecord:
        given = {"From": FROM, "To": number_of(label), "Label": label, **form}
        made, _ = self.exchange.create_participant(room, fields(given))
        self.sids[label] = made.call_sid
        return made

    def seat(self, *labels: str, **form: str) -> None:
        """Ring people one after the other, and wait until they are in."""
        for label in labels:
            self.ring(label, **form)
            self.wait(2)

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.exchange.catch_up()

    def room(self, name: str = ROOM) -> ConferenceRecord:
        """The newest conference of a name, whatever listings show of it."""
        self.exchange.catch_up()
        known = reversed(self.exchange.state.conferences.values())
        room = next((each for each in known if each.name == name), None)
        if room is None:
            raise LookupError(f"there was no conference {name!r}")
        return room

    def listed(
        self, name: str = ROOM, **query: str
    ) -> dict[str | None, ParticipantRecord]:
        found = self.exchange.list_participants(self.room(name).sid, query)
        return {each.label: each for each in found}

    def fetch(self, key: str) -> ParticipantRecord:
        return self.exchange.fetch_participant(self.room().sid, key)

    def update(self, key: str, **form: str) -> ParticipantRecord:
        return self.exchange.update_participant(self.room().sid, key, fields(form))

    def kick(self, key: str) -> None:
        self.exchange.remove_participant(self.room().sid, key)

    def coach(self, coach: str, target: str) -> ParticipantRecord:
        return self.update(coach, Coaching="true", CallSidToCoach=self.sids[target])

    def call_status(self, label: str) -> str:
        return self.exchange.fetch_call(self.sids[label]).status

    def audience(self, label: str) -> Audience:
        heard = self.exchange.state.heard.get(self.sids[label])
        return heard[0] if heard else Audience.NOBODY

    def events(self, stream: str = "conference") -> list[str]:
        happened = self.exchange.history.events
        return [each.name for each in happened if each.stream == stream]


def open_desk(people: dict[str, Subscriber] | None = None, **switches: object) -> Desk:
    clock = VirtualClock()
    described = {number_of(name): who for name, who in (people or {}).items()}
    flipped = flip(Switches(), switches)
    return Desk(clock, Exchange(clock, People(described), flipped))


def refusal(code: int, status: int = 400) -> "_Refusal":
    return _Refusal(code, status)


@dataclass
class _Refusal:
    """A block that must be refused with a code."""

    code: int
    status: int

    def __enter__(self) -> None:
        """Nothing to set up."""

    def __exit__(self, kind: object, raised: object, _trace: object) -> bool:
        assert isinstance(raised, ApiError), f"not refused: {raised!r}"
        assert (raised.code, raised.status) == (self.code, self.status)
        return True


def client(exchange: Exchange) -> httpx.AsyncClient:
    """An HTTP client of the account, in process."""
    account = exchange.account
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app(exchange)),
        base_url=f"http://simulator/2010-04-01/Accounts/{account.sid}",
        auth=(account.sid, account.token),
    )

"""The account behind the measuring server: conferences, people, and what was asked."""

import json
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import parse_qs, unquote, urlencode

from benchmarks import world
from benchmarks.world import BASE, CREATED, FLIPPED, PAGE_SIZE, UPDATED

Record = dict[str, object]
_HEAD = (
    "HTTP/1.1 {status}\r\n"
    "Content-Type: application/json;charset=utf-8\r\n"
    "Content-Length: {length}\r\n"
    "Connection: keep-alive\r\n"
    "Twilio-Request-Id: RQb54d7f05d29e83bc89889cc136bcd99d\r\n"
    "Twilio-Concurrent-Requests: 1\r\n"
    "Twilio-Request-Duration: 0.080\r\n"
    "X-Home-Region: us1\r\n"
    "X-API-Domain: api.twilio.com\r\n"
    "X-Powered-By: AT-5000\r\n"
    "Strict-Transport-Security: max-age=31536000\r\n"
    "Access-Control-Allow-Origin: *\r\n"
    "Access-Control-Expose-Headers: ETag\r\n"
    "Access-Control-Allow-Credentials: true\r\n"
    "\r\n"
)
_OK, _CREATED, _NO_CONTENT, _NOT_FOUND = (
    "200 OK",
    "201 Created",
    "204 No Content",
    "404 Not Found",
)


@dataclass(slots=True)
class Conference:
    """A conference; ``wires`` are its listing's two forms, made when asked for."""

    sid: str
    name: str
    people: dict[str, Record] = field(default_factory=dict)
    wires: tuple[bytes, bytes] | None = None
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Write:
    """A write: monotonic seconds of its first byte, and of its answer's leaving."""

    kind: str
    room: str
    began: float
    answered: float


@dataclass(slots=True)
class Looks:
    """When the listings of rooms are read, since it was made; monotonic seconds."""

    began: float = field(default_factory=time.monotonic)
    all: int = 0
    longest: float = 0.0
    last: dict[str, float] = field(default_factory=dict)
    requests: Counter[int] = field(default_factory=Counter)

    def add(self, sid: str, now: float) -> None:
        """The listing of a conference is read *now*."""
        self.all += 1
        self.longest = max(self.longest, now - self.last.get(sid, self.began))
        self.last[sid] = now

    def result(self, sids: Iterable[str], now: float) -> Record:
        """As ``Paced`` of the rows has it, with how many rooms were read."""
        ends = (now - self.last.get(sid, self.began) for sid in sids)
        return {
            "all": self.all,
            "rooms": len(self.last),
            "longest": max(self.longest, *ends),
            "busiest": max(self.requests.values(), default=0),
        }


@dataclass(slots=True)
class Account:
    """Answers requests as whole bytes, and counts them by kind."""

    flip: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    looks: Looks = field(default_factory=Looks)
    writes: list[Write] = field(default_factory=list)
    _by_sid: dict[str, Conference] = field(default_factory=dict)
    _by_name: dict[str, Conference] = field(default_factory=dict)
    _calls: dict[str, Record] = field(default_factory=dict)
    _listings: dict[str, bytes] = field(default_factory=dict)
    _serial: "count[int]" = field(default_factory=count)

    def populate(self, of: world.World) -> None:
        """Open every room of a world, with everybody in it."""
        for each in of.each():
            conference = self._open(each.name, each.sid)
            for person in each.people:
                found = world.participant(each, person)
                conference.people[person.call_sid] = found
                self._calls[person.call_sid] = _call(person.call_sid, person.to)

    def answer(self, method: str, target: str, body: bytes, began: float) -> bytes:
        """The whole answer to one request."""
        path, _, query = target.partition("?")
        parts = path.removeprefix(BASE).removesuffix(".json").split("/")
        if method == "GET":
            return self._read(parts, query)
        kind, room, answer = self._write(method, parts, body)
        self.counts[kind] += 1
        self.writes.append(Write(kind, room, began, time.monotonic()))
        return answer

    def looked(self) -> Record:
        """How rooms were read since ``forget``."""
        return self.looks.result(self._by_sid, time.monotonic())

    def forget(self) -> None:
        """Count from now on."""
        self.counts.clear()
        self.writes.clear()
        self.looks = Looks()

    def change(self, room: str, label: str, fields: Mapping[str, object]) -> None:
        """Change somebody by hand, as a person at the service would."""
        conference = self._by_name[room]
        for each in conference.people.values():
            if each["label"] == label:
                each.update(fields)
        conference.wires = None

    def _read(self, parts: list[str], query: str) -> bytes:
        kind, answer = self._found(parts, query)
        now = time.monotonic()
        self.counts[kind] += 1
        self.looks.requests[int(now)] += 1
        if kind == "participants":
            self.looks.add(parts[2], now)
        return answer

    def _found(  # noqa: PLR0911 - a table of addresses
        self, parts: list[str], query: str
    ) -> tuple[str, bytes]:
        match parts:
            case ["", "Conferences", sid, "Participants"]:
                return "participants", self._participants(sid)
            case ["", "Conferences"]:
                return "conferences", self._conferences(query)
            case ["", "Conferences", sid]:
                found = self._by_sid.get(sid)
                return "conference", _record(_conference(found) if found else None)
            case ["", "Calls", sid]:
                return "call", _record(self._calls.get(sid))
            case ["", "Calls"]:
                return "calls", self._calls_to(query)
            case ["", "Conferences", sid, "Participants", name]:
                return "participant", _record(self._person(sid, unquote(name)))
            case _:
                return "other", _missing()

    def _participants(self, sid: str) -> bytes:
        conference = self._by_sid.get(sid)
        if conference is None:
            return _missing()
        if conference.wires is None:
            conference.wires = (_page(conference, UPDATED), _page(conference, FLIPPED))
        if self.flip:
            conference.turn ^= 1
        return conference.wires[conference.turn]

    def _conferences(self, query: str) -> bytes:
        if query not in self._listings:
            self._listings[query] = self._conferences_page(query)
        return self._listings[query]

    def _conferences_page(self, query: str) -> bytes:
        given = {name: values[0] for name, values in parse_qs(query).items()}
        name, size = given.get("FriendlyName"), int(given.get("PageSize", "50"))
        number = int(given.get("Page", "0"))
        found = [
            each
            for each in self._by_sid.values()
            if given.get("Status") in {None, "in-progress"}
            and name in {None, each.name}
        ]
        items = [_conference(each) for each in found[number * size :][:size]]
        more = (number + 1) * size < len(found)
        path = f"{BASE}/Conferences.json"
        return _wire(_OK, _listing("conferences", items, path, given, more=more))

    def _calls_to(self, query: str) -> bytes:
        given = {name: values[0] for name, values in parse_qs(query).items()}
        items = [
            each
            for each in self._calls.values()
            if given.get("To") in {None, each["to"]} and "Status" not in given
        ]
        path = f"{BASE}/Calls.json"
        return _wire(_OK, _listing("calls", items, path, given, more=False))

    def _write(
        self, method: str, parts: list[str], body: bytes
    ) -> tuple[str, str, bytes]:
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        match method, parts:
            case "POST", ["", "Conferences", name, "Participants"]:
                return self._create(unquote(name), form)
            case "POST", ["", "Conferences", sid, "Participants", who]:
                return self._update(sid, unquote(who), form)
            case "DELETE", ["", "Conferences", sid, "Participants", who]:
                return self._delete(sid, unquote(who))
            case _:
                return "other", "", _missing()

    def _create(self, name: str, form: Mapping[str, str]) -> tuple[str, str, bytes]:
        conference = self._by_sid.get(name) or self._by_name.get(name)
        if conference is None:
            conference = self._open(name, world.sid("CF", name))
        call_sid = world.sid("CA", f"{name}/{next(self._serial)}/{time.monotonic_ns()}")
        found = world.shown(
            conference.sid,
            call_sid,
            form.get("Label"),
            muted=form.get("Muted") == "true",
            hold=False,
            call_sid_to_coach=form.get("CallSidToCoach"),
        )
        conference.people[call_sid] = found
        conference.wires = None
        self._calls[call_sid] = _call(call_sid, form.get("To", ""))
        answer = _wire(_CREATED, found | {"status": "queued", "queue_time": "0"})
        return "create", conference.name, answer

    def _update(
        self, sid: str, who: str, form: Mapping[str, str]
    ) -> tuple[str, str, bytes]:
        person = self._person(sid, who)
        if person is None:
            return "update", "", _missing()
        conference = self._by_sid[sid]
        for name, key in _FLAGS.items():
            if name in form:
                person[key] = form[name] == "true"
        if "CallSidToCoach" in form and person["coaching"]:
            person["call_sid_to_coach"] = form["CallSidToCoach"]
        conference.wires = None
        return "update", conference.name, _wire(_OK, person)

    def _delete(self, sid: str, who: str) -> tuple[str, str, bytes]:
        person = self._person(sid, who)
        if person is None:
            return "delete", "", _missing()
        conference = self._by_sid[sid]
        gone = str(person["call_sid"])
        del conference.people[gone]
        self._calls[gone] |= {"status": "completed", "end_time": UPDATED}
        conference.wires = None
        return "delete", conference.name, _whole(_NO_CONTENT, b"")

    def _open(self, name: str, sid: str) -> Conference:
        conference = Conference(sid, name)
        self._by_sid[sid] = self._by_name[name] = conference
        self._listings.clear()
        return conference

    def _person(self, sid: str, who: str) -> Record | None:
        conference = self._by_sid.get(sid)
        if conference is None:
            return None
        if who in conference.people:
            return conference.people[who]
        named = (each for each in conference.people.values() if each["label"] == who)
        return next(named, None)


_FLAGS: Mapping[str, str] = {
    "Muted": "muted",
    "Hold": "hold",
    "Coaching": "coaching",
    "EndConferenceOnExit": "end_conference_on_exit",
}


def _page(conference: Conference, updated: str) -> bytes:
    people = [each | {"date_updated": updated} for each in conference.people.values()]
    path = f"{BASE}/Conferences/{conference.sid}/Participants.json"
    query = {"PageSize": str(PAGE_SIZE)}
    return _wire(_OK, _listing("participants", people, path, query, more=False))


def _listing(
    key: str,
    items: list[Record],
    path: str,
    query: Mapping[str, str],
    *,
    more: bool,
) -> Record:
    number, size = int(query.get("Page", "0")), int(query.get("PageSize", "50"))
    asked = {
        name: value for name, value in query.items() if not name.startswith("Page")
    }

    def uri(page: int) -> str:
        token = {"PageToken": f"PACF{page:032x}"} if page else {}
        wanted = asked | {"PageSize": str(size), "Page": str(page)} | token
        return f"{path}?{urlencode(wanted)}"

    return {
        key: items,
        "first_page_uri": uri(0),
        "next_page_uri": uri(number + 1) if more else None,
        "previous_page_uri": uri(number - 1) if number else None,
        "uri": uri(number),
        "page": number,
        "page_size": size,
        "start": number * size,
        "end": number * size + max(len(items) - 1, 0),
    }


def _conference(of: Conference) -> Record:
    path = f"{BASE}/Conferences/{of.sid}"
    return {
        "account_sid": world.ACCOUNT,
        "api_version": "2010-04-01",
        "date_created": CREATED,
        "date_updated": UPDATED,
        "friendly_name": of.name,
        "region": "us1",
        "sid": of.sid,
        "status": "in-progress",
        "subresource_uris": {
            "participants": f"{path}/Participants.json",
            "recordings": f"{path}/Recordings.json",
        },
        "uri": f"{path}.json",
        "reason_conference_ended": None,
        "call_sid_ending_conference": None,
    }


def _call(sid: str, to: str) -> Record:
    return {
        "sid": sid,
        "account_sid": world.ACCOUNT,
        "parent_call_sid": None,
        "status": "in-progress",
        "direction": "outbound-api",
        "from": world.SENDER,
        "to": to,
        "answered_by": None,
        "duration": None,
        "start_time": CREATED,
        "end_time": None,
        "date_created": CREATED,
        "date_updated": UPDATED,
        "queue_time": "0",
        "api_version": "2010-04-01",
        "uri": f"{BASE}/Calls/{sid}.json",
    }


def _record(found: Record | None) -> bytes:
    return _missing() if found is None else _wire(_OK, found)


def _missing() -> bytes:
    about = "https://www.twilio.com/docs/errors/20404"
    body = {"code": 20404, "message": "not found", "more_info": about, "status": 404}
    return _wire(_NOT_FOUND, body)


def _wire(status: str, body: Record) -> bytes:
    return _whole(status, json.dumps(body).encode())


def _whole(status: str, content: bytes) -> bytes:
    return _HEAD.format(status=status, length=len(content)).encode() + content

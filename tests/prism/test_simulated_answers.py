"""Answers of the simulator through prism as a proxy that checks by Twilio's document."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from jsonschema import Draft7Validator

from reconciler.simulator.background import BackgroundSimulator, background_simulator
from tests.prism.disagreements import DISAGREEMENTS, unexpected
from tests.prism.prism_server import prism
from tests.prism.twilio_document import ROOT, operations
from tests.prism.violation import Violation, in_header
from tests.waiting import until

pytestmark = pytest.mark.process

FROM = "+15550100001"
PEOPLE = {
    "calls_per_second": 100,
    "switches": {"connecting_seconds": 0},
    "numbers": [FROM, "+15550100002"],
    "people": {
        "+15550100109": {"refused": 21217},
        "+15550100110": {"answers_after": "1h"},
    },
}
ROOM = "Conferences/{Sid}"
ROOMS = "Conferences"
LEGS = "Conferences/{ConferenceSid}/Participants"
LEG = "Conferences/{ConferenceSid}/Participants/{CallSid}"
CALLS = "Calls"
CALL = "Calls/{Sid}"
NOT_SERVED = {
    (CALLS, "post"),
    (CALL, "delete"),
    ("IncomingPhoneNumbers", "post"),
    ("OutgoingCallerIds", "post"),
}
"""Operations of the document that the simulator does not have."""
ERROR = Draft7Validator(
    {
        "type": "object",
        "required": ["code", "message", "more_info", "status"],
        "properties": {
            "code": {"type": "integer"},
            "message": {"type": "string", "minLength": 1},
            "more_info": {"pattern": "^https://www.twilio.com/docs/errors/[0-9]+$"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
        },
        "additionalProperties": False,
    }
)


@dataclass
class CheckedAccount:
    """A simulated account behind prism; what was answered, and what prism says."""

    http: httpx.Client
    simulator: BackgroundSimulator
    statuses: set[tuple[str, str, int]] = field(default_factory=set)
    violations: list[Violation] = field(default_factory=list)

    def ask(self, method: str, path: str, *ids: str, **form: str) -> Any:
        """The body that answers; *path* as the document has it."""
        sides = {"GET": "params", "POST": "data"}
        given: dict[str, Any] = {sides[method]: form} if form else {}
        response = self.http.request(method, f"{filled(path, ids)}.json", **given)
        self.statuses.add((path, method.lower(), response.status_code))
        self.violations += [
            each for each in in_header(response) if each.place.startswith("response")
        ]
        if response.is_error:
            ERROR.validate(response.json())
        return response.json() if response.content else None

    def call(self, to: str, label: str, **form: str) -> Any:
        """The answer to a create in the room ``line``."""
        return self.ask("POST", LEGS, "line", From=FROM, To=to, Label=label, **form)

    def errors(self) -> set[int]:
        """The statuses of all errors that were answered."""
        return {status for _, _, status in self.statuses if status >= 400}


def filled(path: str, ids: tuple[str, ...]) -> str:
    for name, value in zip(("{ConferenceSid}", "{CallSid}"), ids, strict=False):
        path = path.replace(name, value).replace("{Sid}", value)
    return path


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CheckedAccount]:
    folder = tmp_path_factory.mktemp("prism")
    with (
        background_simulator(PEOPLE) as simulator,
        prism(folder, "proxy", simulator.url) as url,
        httpx.Client(
            base_url=f"{url}/2010-04-01/Accounts/{simulator.account_sid}",
            auth=(simulator.account_sid, simulator.auth_token),
            timeout=120,
            trust_env=False,
        ) as http,
    ):
        yield CheckedAccount(http, simulator)


def connected(account: CheckedAccount, room: str, count: int) -> bool:
    listed = account.ask("GET", LEGS, room)["participants"]
    return [x["status"] for x in listed].count("connected") >= count


def use_conference(account: CheckedAccount) -> tuple[str, str]:
    """Everything that a conference with four people is asked and answers; its SIDs."""
    ann = account.call("+15550100101", "ann", Muted="true", Beep="onEnter")
    room, target = ann["conference_sid"], ann["call_sid"]
    account.call("+15550100102", "bob")
    account.call("+15550100110", "rings")
    until(lambda: connected(account, room, 2))
    account.ask("GET", LEGS, room, PageSize="1")
    account.ask("GET", LEGS, room, Muted="true", Hold="false", Coaching="false")
    coach = {"Coaching": "true", "CallSidToCoach": target}
    account.call("+15550100103", "sup", Muted="true", **coach)
    account.ask("GET", LEG, room, "sup")
    account.ask("POST", LEG, room, "bob", Hold="true")
    account.ask("POST", LEG, room, "rings", Muted="true")
    account.ask("GET", CALLS, Status="in-progress", PageSize="1")
    for status in ("init", "in-progress", "completed"):
        account.ask("GET", ROOMS, Status=status, FriendlyName="line")
    return room, target


def provoke_errors(account: CheckedAccount, room: str) -> None:
    account.call("+15550100104", "ann")
    account.call("+15550100104", "a/b")
    account.call("+15550100109", "refused")
    account.ask("GET", LEGS, "line")
    account.ask("GET", ROOMS, PageSize="2000")
    account.ask("GET", LEG, room, "nobody")
    account.ask("DELETE", LEG, room, "nobody")
    account.ask("GET", ROOM, f"CF{'0' * 32}")
    account.ask("POST", LEGS, f"CF{'0' * 32}", From=FROM, To="+15550100104")
    account.ask("GET", CALL, f"CA{'0' * 32}")
    for kind in ("400", "401", "403", "404", "409", "429", "500", "502", "503"):
        account.simulator.control.fault(kind)
        account.ask("GET", ROOMS)
    for path, method in sorted(NOT_SERVED):
        account.ask(method.upper(), path, f"CA{'0' * 32}")


def end_conference(account: CheckedAccount, room: str, target: str) -> None:
    account.ask("DELETE", LEG, room, "rings")
    account.ask("POST", CALL, target, Status="completed")
    account.ask("GET", CALL, target)
    account.ask("POST", ROOM, room, Status="completed")
    account.ask("POST", ROOM, room, Status="completed")
    account.ask("GET", ROOM, room)
    account.ask("GET", CALLS)
    account.ask("GET", "IncomingPhoneNumbers")
    account.ask("GET", "OutgoingCallerIds")


def test_each_answer_is_valid_by_twilios_document(account: CheckedAccount) -> None:
    room, target = use_conference(account)
    provoke_errors(account, room)
    end_conference(account, room, target)

    assert unexpected(account.violations) == []
    served = {(path, method) for path, method, code in account.statuses if code < 300}
    documented = {
        (path.removeprefix(f"{ROOT}/").removesuffix(".json"), method)
        for path, method, _ in operations()
    }
    assert served == documented - NOT_SERVED
    assert account.errors() == {400, 401, 403, 404, 405, 409, 429, 500, 502, 503}
    answered = [x for x in DISAGREEMENTS if x.place.startswith("response")]
    assert [
        each.documented
        for each in answered
        if not any(map(each.explains, account.violations))
    ] == []


def test_an_answer_that_the_document_does_not_allow_is_seen(
    account: CheckedAccount,
) -> None:
    before = len(account.violations)

    account.simulator.control.switches(status_null=True)
    room = account.call("+15550100101", "eve")["conference_sid"]
    account.ask("GET", LEGS, room)
    account.simulator.control.switches(status_null=False)

    places = {each.place for each in unexpected(account.violations[before:])}
    assert places == {"response.body.status", "response.body.participants.0.status"}

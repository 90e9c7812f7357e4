"""Requests of the client against prism's mock of Twilio's document."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.model.errors import TwilioError
from reconciler.model.observation import CallStatus, ConferenceStatus
from reconciler.model.parameter import TABLE, Parameter, ValueKind
from reconciler.model.roster import Value
from reconciler.twilio.api.account import Account, Credentials
from reconciler.twilio.api.client import TwilioClient
from tests.prism.disagreements import unexpected
from tests.prism.prism_server import listens, prism
from tests.prism.twilio_document import ROOT, create_parameters, operations
from tests.prism.violation import Violation, in_header, in_problem

ACCOUNT = f"AC{'1' * 32}"
CONFERENCE = f"CF{'2' * 32}"
CALL = f"CA{'3' * 32}"
SIDS = {"CallSidToCoach": CALL, "Byoc": f"BY{'4' * 32}"}
NEEDED = {"from": "+15550100001", "to": "+15550100101"}
Operation = Callable[[TwilioClient], Awaitable[object]]

pytestmark = pytest.mark.process


class MockedTransport(httpx.AsyncBaseTransport):
    """Asks prism for one of the document's examples, and keeps what it says."""

    def __init__(self) -> None:
        self._inner = httpx.AsyncHTTPTransport()
        self.example: str | None = None
        self.violations: list[Violation] = []
        self.requests = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.example:
            request.headers["Prefer"] = f"example={self.example}"
        self.requests += 1
        response = await self._inner.handle_async_request(request)
        body = await response.aread()
        self.violations += [*in_header(response), *in_problem(response)]
        return httpx.Response(
            response.status_code, headers=response.headers, content=body
        )

    async def aclose(self) -> None:
        await self._inner.aclose()


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("prism")
    with prism(folder, "mock") as url:
        yield url


def test_prism_ends_when_nobody_needs_it(tmp_path: Path) -> None:
    with prism(tmp_path, "mock") as url:
        port = int(url.rpartition(":")[2])
        assert listens(port)
    assert not listens(port)


def client(url: str, transport: MockedTransport) -> TwilioClient:
    account = Account(ACCOUNT, Credentials(ACCOUNT, "token"), url)
    return TwilioClient(
        account, sleep=asyncio.sleep, jitter=lambda: 0.0, transport=transport
    )


ASKED: Mapping[tuple[str, str], Operation] = {
    ("Conferences", "get"): lambda x: anext(
        x.conferences.pages("line", ConferenceStatus.IN_PROGRESS)
    ),
    ("Conferences/{Sid}", "get"): lambda x: x.conferences.fetch(CONFERENCE),
    ("Conferences/{Sid}", "post"): lambda x: x.conferences.complete(CONFERENCE),
    ("Conferences/{ConferenceSid}/Participants", "get"): lambda x: anext(
        x.participants.pages(CONFERENCE, muted=True, hold=False, coaching=False)
    ),
    ("Conferences/{ConferenceSid}/Participants", "post"): lambda x: (
        x.participants.create("line", tuple(NEEDED.items()))
    ),
    ("Conferences/{ConferenceSid}/Participants/{CallSid}", "get"): lambda x: (
        x.participants.fetch(CONFERENCE, "ann")
    ),
    ("Conferences/{ConferenceSid}/Participants/{CallSid}", "post"): lambda x: (
        x.participants.update(CONFERENCE, CALL, (("muted", True),))
    ),
    ("Conferences/{ConferenceSid}/Participants/{CallSid}", "delete"): lambda x: (
        x.participants.delete(CONFERENCE, CALL)
    ),
    ("Calls", "get"): lambda x: anext(
        x.calls.pages(
            to="+15550100101", status=CallStatus.RINGING, start_time_after=1e9
        )
    ),
    ("Calls/{Sid}", "get"): lambda x: x.calls.fetch(CALL),
    ("Calls/{Sid}", "post"): lambda x: x.calls.complete(CALL),
}


OPERATIONS = {
    (f"{ROOT}/{path}.json", method): ask for (path, method), ask in ASKED.items()
}
"""What the client asks. It neither creates nor deletes calls."""


def examples(operation: Mapping[str, Any]) -> list[str | None]:
    """The names of the examples of the usual answer; None where it has no body."""
    (answer,) = operation["responses"].values()
    (content,) = answer.get("content", {"": {}}).values()
    return list(content.get("examples", [None]))


async def test_each_documented_reply_is_read_and_each_request_for_it_is_valid(
    mock: str,
) -> None:
    transport, unread, asked = MockedTransport(), [], set()
    async with client(mock, transport) as twilio:
        for path, method, operation in operations():
            if (ask := OPERATIONS.get((path, method))) is None:
                continue
            asked.add((path, method))
            for transport.example in examples(operation):
                try:
                    await ask(twilio)
                except TwilioError as error:
                    unread.append((path, method, transport.example, str(error)))

    assert unread == []
    assert asked == set(OPERATIONS)
    assert unexpected(transport.violations) == []


def values(parameter: Parameter) -> Iterator[Value]:
    """Values at the bounds of what a roster may give."""
    match parameter.kind:
        case ValueKind.BOOLEAN:
            yield from (True, False)
        case ValueKind.INTEGER:
            yield from (x for x in (parameter.least, parameter.most) if x is not None)
        case ValueKind.URL:
            yield "https://example.com/a?b=c"
        case ValueKind.WORD:
            yield from parameter.words
        case ValueKind.WORDS:
            yield parameter.words
        case ValueKind.TEXT | ValueKind.ENDPOINT:
            yield SIDS.get(parameter.wire, "client:bob")
    if parameter.empty:
        yield ""


def requests(twilio: TwilioClient, parameter: Parameter) -> Iterator[Awaitable[object]]:
    """Creates and updates that have the parameter, one for each of its values."""
    for value in values(parameter):
        if parameter.create:
            given = tuple((NEEDED | {parameter.name: value}).items())
            yield twilio.participants.create("line", given)
        if parameter.update:
            own = ((parameter.name, value),)
            yield twilio.participants.update(CONFERENCE, CALL, own)


async def test_each_parameter_at_each_kind_of_value_is_valid_by_the_document(
    mock: str,
) -> None:
    transport = MockedTransport()
    async with client(mock, transport) as twilio:
        asked = [each for parameter in TABLE for each in requests(twilio, parameter)]
        for each in asked:
            with suppress(TwilioError):
                await each

    assert transport.requests == len(asked) > len(TABLE)
    assert unexpected(transport.violations) == []


async def test_a_request_that_the_document_does_not_allow_is_seen(mock: str) -> None:
    transport = MockedTransport()
    async with client(mock, transport) as twilio:
        with pytest.raises(TwilioError):
            await twilio.participants.list("a name")

    assert {each.place for each in transport.violations} == {"path.conferencesid"}


def test_the_document_names_the_parameters_of_the_table() -> None:
    assert create_parameters() == {each.wire for each in TABLE if each.create}

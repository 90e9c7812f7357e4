"""The line between one process and the exchange: requests on their way there and back."""

import asyncio
import contextvars
import re
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

import httpx
from msgspec import DecodeError
from msgspec.json import decode

from reconciler.model.errors import NotSent
from reconciler.play.oracles.promptness import watch
from reconciler.play.world.act import Act, Kind, ShownSurvey
from reconciler.play.world.exchange_transport import Answer, answered
from reconciler.play.world.telephone import DOER
from reconciler.play.world.virtual_loop import OWNER, Process

if TYPE_CHECKING:
    from reconciler.play.world.world import World

_PATHS = (
    (Kind.CREATE, "POST", re.compile(r".*/Conferences/([^/]+)/Participants\.json")),
    (
        Kind.UPDATE,
        "POST",
        re.compile(r".*/Conferences/([^/]+)/Participants/(.+)\.json"),
    ),
    (
        Kind.DELETE,
        "DELETE",
        re.compile(r".*/Conferences/([^/]+)/Participants/(.+)\.json"),
    ),
    (Kind.COMPLETE, "POST", re.compile(r".*/Conferences/([^/]+)\.json")),
    (Kind.HANG_UP, "POST", re.compile(r".*/Calls/(.+)\.json")),
)
Trace = Callable[[str, Mapping[str, object]], Awaitable[None]]

_REQUEST_ID = b"twilio-request-id"
_HEADERS = {_REQUEST_ID, b"retry-after", b"content-type"}
_LISTING = re.compile(r".*/Conferences/([^/]+)/Participants\.json")
_SURVEY = re.compile(r".*/Conferences\.json")


class Wire(httpx.AsyncBaseTransport):
    """An httpx transport of one process, with delays and losses of its own."""

    def __init__(self, world: "World", process: Process) -> None:
        self._world = world
        self._process = process
        self._pages: dict[str, dict[str, Any]] = {}
        self._surveys: dict[str, list[ShownSurvey]] = {}
        self._under_way: list[asyncio.Task[None]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        world, process = self._world, self._process
        act = self._begin(request)
        await world.point(process, "begin", act)
        if (wait := world.trouble.connecting()) > 0:
            await asyncio.sleep(wait)
        if world.trouble.refuses_connection():
            world.tell(process, f"{request.method}: connection refused")
            raise httpx.ConnectError("Connection refused by the simulation.")
        trace = request.extensions.get("trace")
        if trace is not None:
            await _announce(trace, act)
        if act is not None:
            world.leaving(act)
        answer: asyncio.Future[httpx.Response] = asyncio.Future()
        gone: asyncio.Future[None] = asyncio.Future()
        await self._send(request, act, answer, gone)
        try:
            response = await answer
        except asyncio.CancelledError:
            if not gone.done():
                gone.set_result(None)
            world.tell(process, f"{request.method}: gave up waiting")
            raise
        await world.point(process, "answered", act)
        return response

    def _begin(self, request: httpx.Request) -> Act | None:
        if request.method == "GET":
            return None
        return self._world.begin(self._process, *self._read(request))

    def _read(self, request: httpx.Request) -> tuple[Kind, str, str, Mapping[str, str]]:
        """A write's kind, room, target and form."""
        path = request.url.raw_path.decode()
        form = dict(parse_qsl(request.content.decode(), keep_blank_values=True))
        state = self._world.exchange.state
        for kind, method, pattern in _PATHS:
            match = pattern.fullmatch(path)
            if match is None or method != request.method:
                continue
            place = unquote(match[1])
            target = form.get("Label", "")
            if kind is Kind.HANG_UP:
                target = place
                timeline = state.participants.get(place)
                place = timeline.latest.conference_sid if timeline else ""
            elif kind in {Kind.UPDATE, Kind.DELETE}:
                target = unquote(match[2])
            conference = state.conferences.get(place)
            return kind, conference.name if conference else place, target, form
        raise AssertionError(f"what is {request.method} {path}?")

    async def _send(
        self,
        request: httpx.Request,
        act: Act | None,
        answer: "asyncio.Future[httpx.Response]",
        gone: "asyncio.Future[None]",
    ) -> None:
        """From here on the request is on its way, whoever dies."""
        self._serve(request, act, answer, gone)
        await self._world.point(self._process, "left", act)

    def _serve(
        self,
        request: httpx.Request,
        act: Act | None,
        answer: "asyncio.Future[httpx.Response]",
        gone: "asyncio.Future[None]",
    ) -> None:
        outside = contextvars.copy_context()
        outside.run(OWNER.set, None)
        outside.run(DOER.set, act)
        loop = asyncio.get_running_loop()
        work = self._served(request, act, answer, gone)
        self._under_way.append(loop.create_task(work, context=outside))

    async def _served(
        self,
        request: httpx.Request,
        act: Act | None,
        answer: "asyncio.Future[httpx.Response]",
        gone: "asyncio.Future[None]",
    ) -> None:
        """At Twilio's end: nothing of this stops when the process does."""
        world = self._world
        wait = world.trouble.traveling(write=act is not None)
        if act is not None:
            wait += world.interference.delays(act)
        await asyncio.sleep(wait)
        if act is not None and world.is_lost(act):
            return
        try:
            back = await self._answered(request, gone)
        except httpx.ReadError as error:
            if not answer.done():
                answer.set_exception(error)
            return
        at = world.true_at(_request_id(back))
        if (wait := world.trouble.traveling(write=False)) > 0:
            await asyncio.sleep(wait)
        if not answer.done() and self._process.alive:
            if act is None:
                self._learn(request, back, at)
            answer.set_result(back.response())

    async def _answered(
        self, request: httpx.Request, gone: "asyncio.Future[None]"
    ) -> Answer:
        answer = await answered(self._world.line, request, gone)
        kept = tuple(header for header in answer.headers if header[0] in _HEADERS)
        return Answer(answer.status, kept, answer.body)

    def _learn(self, request: httpx.Request, answer: Answer, at: float) -> None:
        """Take note of what this process is being shown."""
        sid, is_survey = _listed(request.url.raw_path)
        if sid:
            self._learn_page(sid, request, answer, at)
        elif is_survey:
            self._learn_survey(request, answer)

    def _learn_survey(self, request: httpx.Request, answer: Answer) -> None:
        query = query_of(request.url.query)
        status = query.get("Status", "")
        under_way = self._surveys.setdefault(query.get("FriendlyName", ""), [])
        if status == "init" and "PageToken" not in query:
            under_way.append(ShownSurvey())
        page = survey_page(status, answer)
        if not under_way:
            return
        later = [
            shown_survey for shown_survey in under_way if "init" in shown_survey.done
        ]
        later.sort(key=lambda shown_survey: shown_survey.failed)
        survey = later[0] if status != "init" and later else under_way[-1]
        if page is None:
            survey.failed = True
            return
        for each in page["conferences"]:
            survey.sids[each["friendly_name"]] = each["sid"]
        if page.get("next_page_uri") is None:
            survey.done.add(status)
        if survey.complete:
            under_way.clear()
            self._world.journal.surveyed(self._process, survey)

    def _learn_page(
        self, sid: str, request: httpx.Request, answer: Answer, at: float
    ) -> None:
        world = self._world
        room = world.exchange.state.conferences[sid].name
        knowledge = world.journal.known.get((self._process, room))
        if knowledge is None:
            return
        first = "PageToken" not in query_of(request.url.query)
        if first:
            self._pages[sid] = {"at": at, "people": {}}
            knowledge.shown = None
        page = page_of(answer, "participants")
        if page is None:
            return
        held = self._pages[sid]
        held["people"] |= {each["call_sid"]: each for each in page["participants"]}
        if page.get("next_page_uri") is None:
            knowledge.shown, knowledge.shown_at = held["people"], held["at"]
            watch(world, knowledge)


def _request_id(answer: Answer) -> str:
    """Twilio's, "" where a CDN answered."""
    return dict(answer.headers).get(_REQUEST_ID, b"").decode()


async def _announce(trace: Trace, act: Act | None) -> None:
    """Say that the first byte is about to leave; the product may forbid it."""
    try:
        await trace("http11.send_request_headers.started", {})
    except NotSent:
        if act is not None:
            act.withdrawn = True
        raise


def page_of(answer: Answer, key: str) -> dict[str, Any] | None:
    """A page of a listing, None for anything else."""
    if answer.status != HTTPStatus.OK:
        return None
    try:
        page: dict[str, Any] = decode(answer.body)
    except DecodeError:
        return None
    return page if isinstance(page.get(key), list) else None


def survey_page(status: str, answer: Answer) -> dict[str, Any] | None:
    """A page of the conferences of one status; a service without ``init`` has none of it."""
    if status == "init" and answer.status == HTTPStatus.BAD_REQUEST:
        return {"conferences": [], "next_page_uri": None}
    return page_of(answer, "conferences")


@lru_cache(1024)
def query_of(query: bytes) -> Mapping[str, str]:
    """The parameters of a request by name."""
    return dict(parse_qsl(query.decode(), keep_blank_values=True))


@lru_cache(1024)
def _listed(raw_path: bytes) -> tuple[str, bool]:
    """The conference whose people are listed, "" for none; whether it is a survey."""
    path = unquote(raw_path.partition(b"?")[0].decode())
    match = _LISTING.fullmatch(path)
    return match[1] if match else "", _SURVEY.fullmatch(path) is not None

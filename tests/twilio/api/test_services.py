"""Other services than Twilio, each by the simulator's dialect."""

import asyncio
import time

import httpx
import pytest

from reconciler.engine.desired_room import Desired
from reconciler.engine.room.evaluation import Evaluation, ObservableRoom, evaluate
from reconciler.model.errors import (
    CredentialsRefused,
    Gone,
    SettingError,
    TerminalError,
)
from reconciler.model.ledger import Ledger
from reconciler.model.observation import ParticipantStatus
from reconciler.model.roster import Member, Roster
from reconciler.simulator.exchange.local_account import LocalAccount
from reconciler.simulator.http.app import app
from reconciler.simulator.http.dialect import DIALECTS, speaking
from reconciler.twilio.api.account import Account, Credentials
from reconciler.twilio.api.client import TwilioClient
from reconciler.twilio.api.compatible_service import SERVICES, SIGNALWIRE, service_of
from reconciler.twilio.provider import TwilioProvider
from tests.simulator.desk import FROM, ROOM, Desk, number_of, open_desk

OTHERS = sorted(DIALECTS)


def _client(desk: Desk, name: str, *, token: str = "") -> TwilioClient:
    own = desk.exchange.account
    served = speaking(app(desk.exchange), own, DIALECTS[name])
    account = Account(
        own.sid,
        Credentials(own.sid, token or own.token),
        "http://other.test",
        service_of(name),
    )
    return TwilioClient(
        account,
        sleep=asyncio.sleep,
        jitter=lambda: 0.0,
        transport=httpx.ASGITransport(served),
    )


def _provider(client: TwilioClient) -> TwilioProvider:
    return TwilioProvider(client, secrets=str, clock=time.time)


@pytest.fixture(params=OTHERS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_a_room_is_read_changed_and_emptied(name: str) -> None:
    desk = open_desk()
    desk.seat("ann", "bob")
    async with _client(desk, name) as client:
        (conference,) = await client.conferences.list(ROOM)
        listed = await client.participants.list(conference.sid)
        assert [each.status for each in listed] == [ParticipantStatus.CONNECTED] * 2
        assert not any(each.label or each.muted for each in listed)
        first = listed[0]
        changed = await client.participants.update(
            conference.sid, first.call_sid, (("muted", True),)
        )
        assert changed.participant.muted
        fetched = await client.participants.fetch(conference.sid, first.call_sid)
        assert fetched == changed.participant
        call = await client.calls.fetch(first.call_sid)
        assert call.to in {number_of("ann"), number_of("bob")}
        await client.participants.delete(conference.sid, first.call_sid)
        with pytest.raises(Gone):
            await client.participants.fetch(conference.sid, first.call_sid)
        ended, _ = await client.conferences.complete(conference.sid)
        assert ended.status == "completed"


async def test_an_account_is_known_by_the_id_that_the_service_gave_it(
    name: str,
) -> None:
    desk = open_desk()
    own = LocalAccount("b3877c40-1111-4222-8333-444455556666", "PTtoken")
    desk.exchange.state.account = own
    desk.seat("ann", "bob")
    async with _client(desk, name) as client:
        assert len(await client.conferences.list(ROOM)) == 1
    async with _client(desk, name, token="other") as client:
        with pytest.raises(CredentialsRefused):
            await client.conferences.list(ROOM)


async def test_no_sid_of_twilios_form_is_shown(name: str) -> None:
    desk = open_desk()
    desk.seat("ann", "bob")
    async with _client(desk, name) as client:
        (conference,) = await client.conferences.list(ROOM)
        listed = await client.participants.list(conference.sid)
    assert not any(x.call_sid.startswith("CA") for x in listed)
    assert not conference.sid.startswith("CF")


async def test_who_coaches_whom_is_seen(name: str) -> None:
    desk = open_desk()
    desk.seat("ann", "sup")
    desk.coach("sup", "ann")
    async with _client(desk, name) as client:
        (conference,) = await client.conferences.list(ROOM)
        listed = await client.participants.list(conference.sid)
    (coach,) = (each for each in listed if each.coaching)
    assert coach.call_sid_to_coach in {each.call_sid for each in listed}


async def test_wrong_credentials_and_other_paths_are_refused(name: str) -> None:
    desk = open_desk()
    own = desk.exchange.account
    served = speaking(app(desk.exchange), own, DIALECTS[name])
    transport = httpx.ASGITransport(served)
    account = Account("x", Credentials("x", "wrong"), "", service_of(name))
    async with httpx.AsyncClient(transport=transport, base_url="http://other") as http:
        twilios = f"/2010-04-01/Accounts/{own.sid}/Conferences.json"
        assert (await http.get(twilios)).status_code == 404
        path = Account(own.sid, account.credentials, "", account.service).url("Calls")
        refused = await http.get(path, headers={"Authorization": account.authorization})
        assert refused.status_code == 401
        assert ("errors" in refused.json()) is (name == "telnyx")
        assert (await http.get("/simulator/state")).status_code == 200


async def test_telnyx_calls_people_into_a_conference() -> None:
    desk = open_desk()
    async with _client(desk, "telnyx") as client:
        fields = (("from", FROM), ("to", number_of("ann")), ("label", "ann"))
        placed = await client.participants.create(ROOM, fields)
        desk.wait(3)
        found = await client.participants.fetch(placed.conference_sid or "", "ann")
        assert found.call_sid == placed.call_sid


async def _evaluated(desk: Desk, client: TwilioClient, roster: Roster) -> Evaluation:
    provider = _provider(client)
    survey = await provider.survey([ROOM])
    conference = survey.conferences.get(ROOM)
    source = ObservableRoom(ROOM, conference, provider, desk.clock)
    return await evaluate(source, Desired(roster, generation=1), Ledger())


async def test_nothing_is_sent_to_a_service_that_calls_nobody() -> None:
    desk = open_desk()
    roster = Roster(ROOM, (Member("bob", number_of("bob"), FROM),))
    async with _client(desk, "signalwire") as client:
        evaluation = await _evaluated(desk, client, roster)
        (held,) = evaluation.plan.withheld
        with pytest.raises(TerminalError, match="nothing was sent"):
            await _provider(client).ring(held.action, lambda: True)  # type: ignore[arg-type]
    assert desk.exchange.history.writes == []


def test_a_service_that_is_none_is_an_error() -> None:
    with pytest.raises(SettingError, match="choose one of twilio, signalwire, telnyx"):
        service_of("plivo")


def test_a_body_that_is_no_object_stays_as_it_is() -> None:
    for content in (b"", b"<html>", b"[1]", b"[" * 100_000):
        for service in SERVICES.values():
            assert service.translated(content, 200) == content


def test_an_error_of_a_service_in_twilios_form_stays_one() -> None:
    content = b'{"code": 20404, "message": "no", "status": 404}'
    assert b"20404" in SIGNALWIRE.translated(content, 404)

"""What goes wrong on the way, over real sockets and in process."""

import asyncio
import base64

import httpx
import pytest

from reconciler.simulator.exchange.fault import Fault, FaultKind, read_fault
from reconciler.simulator.local_server import running
from tests.simulator.desk import FROM, ROOM, Desk, client, open_desk

_CREATE = {"From": FROM, "To": "client:ann", "Label": "ann"}
_PATH = f"/Conferences/{ROOM}/Participants.json"


def _broken(kind: FaultKind, *, after: bool = False, seconds: float = 0.0) -> Desk:
    desk = open_desk()
    desk.exchange.faults.add(
        Fault(kind, "POST", "*/Participants.json", after=after, seconds=seconds)
    )
    return desk


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (FaultKind.ERROR, 500),
        (FaultKind.BAD_GATEWAY, 502),
        (FaultKind.UNAVAILABLE, 503),
        (FaultKind.GARBAGE, 200),
    ],
)
async def test_an_error_may_come_before_or_after_the_effect(
    kind: FaultKind, status: int, after: bool
) -> None:
    desk = _broken(kind, after=after)
    async with client(desk.exchange) as http:
        answer = await http.post(_PATH, data=_CREATE)
        again = await http.post(_PATH, data=_CREATE)
    assert answer.status_code == status
    assert again.status_code == (400 if after else 201)
    write = desk.exchange.history.writes[0]
    assert (write.fault, write.effect) == (kind, 201 if after else None)


@pytest.mark.parametrize("after", [False, True])
async def test_too_many_requests_are_never_processed(after: bool) -> None:
    desk = _broken(FaultKind.TOO_MANY, after=after)
    desk.exchange.flip(retry_after_on_429=7)
    async with client(desk.exchange) as http:
        answer = await http.post(_PATH, data=_CREATE)
    assert (answer.status_code, answer.json()["code"]) == (429, 20429)
    assert answer.headers["retry-after"] == "7"
    assert not desk.exchange.state.calls


async def test_without_the_switch_there_is_no_retry_after() -> None:
    desk = _broken(FaultKind.TOO_MANY)
    async with client(desk.exchange) as http:
        assert "retry-after" not in (await http.post(_PATH, data=_CREATE)).headers


@pytest.mark.parametrize("after", [False, True])
async def test_a_reset_in_process_is_a_read_error(after: bool) -> None:
    desk = _broken(FaultKind.RESET, after=after)
    async with client(desk.exchange) as http:
        with pytest.raises(httpx.ReadError):
            await http.post(_PATH, data=_CREATE)
    assert len(desk.exchange.state.calls) == after
    assert desk.exchange.history.writes[0].status == 0


@pytest.mark.parametrize("after", [False, True])
async def test_a_reset_over_the_network_is_a_real_one(after: bool) -> None:
    desk = _broken(FaultKind.RESET, after=after)
    account = desk.exchange.account
    async with running(desk.exchange) as url:
        host, _, port = url.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        body = "From=%2B15005550006&To=client%3Aann"
        pair = base64.b64encode(f"{account.sid}:{account.token}".encode()).decode()
        writer.write(
            f"POST /2010-04-01/Accounts/{account.sid}{_PATH} HTTP/1.1\r\n"
            f"Host: x\r\nAuthorization: Basic {pair}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        with pytest.raises(ConnectionResetError):
            await reader.read(1)
        writer.close()
    assert len(desk.exchange.state.calls) == after


@pytest.mark.parametrize("after", [False, True])
async def test_a_hanging_request_never_answers(after: bool) -> None:
    desk = _broken(FaultKind.HANG, after=after)
    account = desk.exchange.account
    async with running(desk.exchange) as url:
        base = f"{url}/2010-04-01/Accounts/{account.sid}"
        auth = (account.sid, account.token)
        seconds = httpx.Timeout(30.0, read=1.0)
        async with httpx.AsyncClient(base_url=base, auth=auth, timeout=seconds) as http:
            with pytest.raises(httpx.ReadTimeout):
                await http.post(_PATH, data=_CREATE)
    assert len(desk.exchange.state.calls) == after


async def test_a_hanging_request_may_end_in_a_reset() -> None:
    desk = _broken(FaultKind.HANG, seconds=0.01)
    async with client(desk.exchange) as http:
        with pytest.raises(httpx.ReadError):
            await http.post(_PATH, data=_CREATE)


async def test_a_hanging_request_in_process_can_be_given_up() -> None:
    desk = _broken(FaultKind.HANG)
    async with client(desk.exchange) as http:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await http.post(_PATH, data=_CREATE)


@pytest.mark.parametrize("after", [False, True])
async def test_a_slow_request_answers_late_and_takes_effect(after: bool) -> None:
    desk = _broken(FaultKind.SLOW, after=after, seconds=0.01)
    async with client(desk.exchange) as http:
        assert (await http.post(_PATH, data=_CREATE)).status_code == 201


async def test_a_truncated_answer_is_no_json() -> None:
    desk = _broken(FaultKind.TRUNCATED)
    async with client(desk.exchange) as http:
        answer = await http.post(_PATH, data=_CREATE)
    assert answer.status_code == 201
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        answer.json()
    assert len(desk.exchange.state.calls) == 1


@pytest.mark.parametrize(
    ("labels", "shown"), [(("ann", "bob", "cat"), 1), (("ann",), 0)]
)
async def test_a_partial_page_names_a_next_one_that_fails(
    labels: tuple[str, ...], shown: int
) -> None:
    desk = open_desk()
    desk.seat(*labels)
    desk.exchange.faults.add(
        Fault(FaultKind.PARTIAL_PAGE, "GET", "*/Participants.json")
    )
    async with client(desk.exchange) as http:
        path = f"/Conferences/{desk.room().sid}/Participants.json?PageSize=1000"
        page = (await http.get(path)).json()
        next_page = await http.get(str(http.base_url.join(page["next_page_uri"])))
        healthy = (await http.get(path)).json()
    assert len(page["participants"]) == shown
    assert next_page.status_code == 500
    assert len(healthy["participants"]) == len(labels)


async def test_a_stale_listing_is_the_one_of_the_time_before() -> None:
    desk = open_desk()
    desk.seat("ann")
    async with client(desk.exchange) as http:
        path = f"/Conferences/{desk.room().sid}/Participants.json"
        before = await http.get(path)
        desk.seat("bob")
        desk.exchange.faults.add(Fault(FaultKind.STALE, "GET"))
        assert (await http.get(path)).content == before.content
        assert len((await http.get(path)).json()["participants"]) == 2


async def test_faults_are_counted_and_told_apart_by_method_and_path() -> None:
    desk = open_desk()
    desk.exchange.faults.add(
        Fault(FaultKind.ERROR, "GET", "*/Calls.json*", times=2, skip=1)
    )
    async with client(desk.exchange) as http:
        other = (await http.get("/Conferences.json")).status_code
        calls = [(await http.get("/Calls.json?To=x")).status_code for _ in range(5)]
    assert other == 200
    assert calls == [200, 500, 500, 200, 200]


async def test_more_requests_at_once_than_are_allowed_get_429() -> None:
    desk = open_desk(concurrency=1)
    desk.exchange.faults.add(Fault(FaultKind.SLOW, seconds=0.05, after=True))
    async with client(desk.exchange) as http:
        answers = await asyncio.gather(
            http.get("/Conferences.json"), http.get("/Conferences.json")
        )
        later = await http.get("/Conferences.json")
    assert sorted(each.status_code for each in answers) == [200, 429]
    assert later.status_code == 200


def test_a_fault_is_read_from_json() -> None:
    fault = read_fault({"kind": "slow", "method": "get", "seconds": "2s", "times": 3})
    assert fault == Fault(FaultKind.SLOW, "GET", times=3, seconds=2)
    for wrong in ({"kind": "odd"}, {"kind": "slow", "when": "after"}, {}):
        with pytest.raises(ValueError, match=r"\w"):
            read_fault(wrong)

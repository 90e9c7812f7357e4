"""The clients of the Python API, against the simulator."""

import inspect
from collections.abc import Iterator, Sequence
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

import reconciler
from reconciler.model.parameter import TABLE, Parameter, ValueKind
from reconciler.public import async_resources, blocking_client
from reconciler.public.parameters import CreateParameters, UpdateParameters
from tests.cli.conftest import LINE, PATIENCE, World
from tests.waiting import until

NUMBER = "+15551230001"
SENDER = "+15550100001"
INIT = reconciler.ConferenceStatus.INIT
SCALARS = {ValueKind.BOOLEAN: bool, ValueKind.INTEGER: int}


@pytest.fixture
def client(here: World) -> Iterator[reconciler.Client]:
    assert here.url
    with reconciler.Client() as client:
        yield client


def answered(here: World) -> None:
    """Return when somebody is in the room, which takes the simulator 50 ms."""
    until(lambda: here.people("bridge"), within=PATIENCE)


def test_a_participant_is_created_fetched_changed_listed_and_deleted(
    client: reconciler.Client, here: World
) -> None:
    placed = client.participants.create(
        "bridge", to=NUMBER, from_=SENDER, label="ann", muted=True, timeout=20,
        conference_status_callback="https://example.com/events",
        conference_status_callback_event=["join", "leave"],
    )  # fmt: skip
    form = here.writes()[0]["form"]
    assert form["ConferenceStatusCallbackEvent"] == ["join", "leave"]
    assert form["Muted"] == ["true"]

    answered(here)
    [room] = client.conferences.list(friendly_name="bridge", status=INIT)
    assert room.sid == placed.conference_sid
    assert client.participants.fetch(room.sid, "ann").call_sid == placed.call_sid
    assert client.participants.update(room.sid, "ann", muted=False).muted is False
    assert [each.label for each in client.participants.list(room.sid)] == ["ann"]

    client.participants.delete(room.sid, "ann")
    with pytest.raises(reconciler.Gone):
        client.participants.fetch(room.sid, "ann")
    assert client.calls.fetch(placed.call_sid).to == NUMBER


def test_lists_take_the_filters_and_stop_at_the_limit(
    client: reconciler.Client, here: World
) -> None:
    here.converge(LINE)
    [room] = client.conferences.list(status=reconciler.ConferenceStatus.IN_PROGRESS)
    people = client.participants

    assert {x.label for x in people.list(room.sid, hold=True)} == {"cara"}
    assert {x.label for x in people.list(room.sid, muted=True)} >= {"bob"}
    assert {x.label for x in people.list(room.sid, coaching=True)} == {"sup"}
    assert len(people.list(room.sid, limit=2)) == 2
    assert people.list(room.sid, limit=0) == ()
    assert len(people.list(room.sid, page_size=2)) == 5


def test_a_stream_fetches_a_page_when_the_one_before_is_used_up(
    client: reconciler.Client, here: World
) -> None:
    here.converge(LINE)
    [room] = client.conferences.stream()
    here.forget()

    found = client.participants.stream(room.sid, page_size=2)
    assert [next(found).label, next(found).label]
    assert len(here.exchange.history.reads) == 1
    assert len([each.label for each in found]) == 3
    assert len(here.exchange.history.reads) == 3


def test_a_stream_that_is_dropped_leaves_a_client_that_works(
    client: reconciler.Client, here: World
) -> None:
    here.converge(LINE)
    [room] = client.conferences.list()
    next(client.participants.stream(room.sid, page_size=1))

    assert len(client.participants.list(room.sid)) == 5


def test_a_conference_and_calls_are_ended(
    client: reconciler.Client, here: World
) -> None:
    here.converge(LINE)
    [room] = client.conferences.list()
    [call] = client.calls.list(to=NUMBER)

    assert client.calls.complete(call.sid).ended
    assert client.conferences.fetch(room.sid).status == "in-progress"
    assert client.conferences.complete(room.sid).status == "completed"
    assert here.people() == {}
    assert all(each.ended for each in client.calls.stream())


def test_a_call_that_nobody_answered_is_cancelled(
    client: reconciler.Client, here: World
) -> None:
    here.tell("people", address=NUMBER, answers_after="60s")
    placed = client.participants.create("bridge", to=NUMBER, from_=SENDER)

    assert client.calls.cancel(placed.call_sid).status == "canceled"


def test_a_create_without_an_answer_has_an_unknown_outcome_and_is_sent_once(
    client: reconciler.Client, here: World
) -> None:
    here.tell("faults", kind="reset", method="POST", times=1, after=True)

    with pytest.raises(reconciler.UnknownOutcome):
        client.participants.create("bridge", to=NUMBER, from_=SENDER, label="ann")
    assert here.creates() == ["ann"]


def test_a_parameter_that_does_not_exist_sends_nothing(
    client: reconciler.Client, here: World
) -> None:
    wrong: dict[str, Any] = {"start_conferense_on_enter": False}

    with pytest.raises(reconciler.TerminalError, match="start_conferense_on_enter"):
        client.participants.create("bridge", to=NUMBER, from_=SENDER, **wrong)
    assert here.writes() == []


def test_a_read_only_client_sends_nothing_but_reads(here: World) -> None:
    with reconciler.Client(read_only=True) as client:
        assert client.conferences.list() == ()
        with pytest.raises(reconciler.ReadOnlyViolation):
            client.participants.create("bridge", to=NUMBER, from_=SENDER)
    assert here.writes() == []


async def test_the_client_of_event_loops_does_the_same(here: World) -> None:
    async with reconciler.AsyncClient() as client:
        placed = await client.participants.create(
            "bridge", to=NUMBER, from_=SENDER, label="ann"
        )
        answered(here)
        found = [each async for each in client.conferences.stream(status=INIT)]
        assert [each.sid for each in found] == [placed.conference_sid]
        await client.participants.delete(found[0].sid, placed.call_sid)
        assert await client.participants.list(found[0].sid) == ()
    assert here.rings() == ["ann"]


PAIRS = [
    (async_resources.AsyncParticipants, blocking_client.BlockingParticipants),
    (async_resources.AsyncConferences, blocking_client.BlockingConferences),
    (async_resources.AsyncCalls, blocking_client.BlockingCalls),
]


@pytest.mark.parametrize(("inner", "blocking"), PAIRS)
def test_both_clients_take_the_same_arguments(inner: type, blocking: type) -> None:
    def methods(of: type) -> dict[str, list[str]]:
        found = inspect.getmembers(of, inspect.isfunction)
        return {
            name: [str(each) for each in inspect.signature(method).parameters.values()]
            for name, method in found
            if not name.startswith("_")
        }

    assert methods(inner) == methods(blocking)


def _matches(parameter: Parameter, hint: Any) -> bool:
    if parameter.kind is ValueKind.WORDS:
        assert get_origin(hint) is Sequence
        [hint] = get_args(hint)
    if parameter.words:
        return get_origin(hint) is Literal and get_args(hint) == parameter.words
    return hint is SCALARS.get(parameter.kind, str)


@pytest.mark.parametrize(
    ("types", "taken"),
    [
        (
            CreateParameters,
            [each for each in TABLE if each.create and each.cls != "identity"],
        ),
        (UpdateParameters, [each for each in TABLE if each.update]),
    ],
)
def test_every_parameter_of_twilio_is_typed(
    types: type, taken: list[Parameter]
) -> None:
    hints = get_type_hints(types)

    assert list(hints) == [each.name for each in taken]
    assert [x.name for x in taken if not _matches(x, hints[x.name])] == []


@pytest.mark.parametrize("value", [1, 0, "true", "yes", "", None])
def test_a_state_that_is_no_boolean_is_refused_and_nothing_sent(
    client: reconciler.Client, here: World, value: Any
) -> None:
    here.converge(LINE)
    here.forget()
    [room] = client.conferences.list(status=reconciler.ConferenceStatus.IN_PROGRESS)
    with pytest.raises(reconciler.TerminalError, match="'muted'"):
        client.participants.update(room.sid, "bob", muted=value)
    with pytest.raises(reconciler.TerminalError, match="'muted'"):
        client.participants.create(room.sid, to=NUMBER, from_=SENDER, muted=value)
    assert here.writes() == []


@pytest.mark.parametrize("number", ["911", "+1911", "sip:911@pbx.example.com"])
def test_an_emergency_number_is_not_called(
    client: reconciler.Client, here: World, number: str
) -> None:
    with pytest.raises(reconciler.TerminalError, match="emergency"):
        client.participants.create("bridge", to=number, from_=SENDER)
    assert here.writes() == []

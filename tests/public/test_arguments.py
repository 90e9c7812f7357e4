"""Arguments of the Python API that are none: refused before anything is read or sent."""

import asyncio
import gc
import math
import warnings
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, cast

import pytest

import reconciler
from tests.cli.conftest import LINE, World

NUMBER = "+15551230001"
SENDER = "+15550100001"
ROOM = "CF" + "c3" * 16


WRONG_OF_SYNC: list[tuple[str, Any, str]] = [
    ("timeout", -1, "timeout is -1: give seconds as a number from 0"),
    ("timeout", math.nan, "timeout is nan"),
    ("timeout", "2m", "timeout is '2m'"),
    ("timeout", True, "timeout is True"),
    ("timeout", None, "timeout is None"),
    ("targets", "line", r"targets is one text: give a list, such as \['line'\]"),
    ("targets", 7, "targets is 7: give a list"),
    ("targets", ["line", ""], "a target is ''"),
    ("targets", [None], "a target is None"),
    ("wait", "no", "wait is 'no': give True or False"),
    ("take_over", "no", "take_over is 'no': give True or False"),
    ("force", True, "force is True: give text"),
    ("on_pass", "print", "on_pass is 'print': give a function"),
    ("settings", {"RECONCILER_QUIET": "1s"}, "settings are of the type dict"),
]


def test_a_sync_with_an_argument_that_is_none_does_nothing(here: World) -> None:
    here.write(LINE)

    for name, value, told in WRONG_OF_SYNC:
        with pytest.raises(reconciler.SettingError, match=told):
            reconciler.sync(**{name: value})
    assert here.writes() == []


@pytest.mark.parametrize("path", [["desired"], b"desired", None, ""])
def test_a_path_that_is_none_is_named(path: Any) -> None:
    for call in (reconciler.sync, reconciler.plan, reconciler.read_rosters):
        with pytest.raises(reconciler.SettingError, match="is not a path"):
            cast("Callable[..., Any]", call)(path)


@pytest.mark.parametrize("at", ["18:00", 1e9, date(2030, 1, 1)])
def test_a_plan_for_what_is_no_datetime_says_what_to_give(at: Any) -> None:
    with pytest.raises(reconciler.SettingError, match="give a datetime with an offset"):
        reconciler.plan(at=at)


def test_a_plan_takes_targets_and_settings_as_a_sync_does() -> None:
    wrong: Any = "line"
    with pytest.raises(reconciler.SettingError, match="targets is one text"):
        reconciler.plan(targets=wrong)
    with pytest.raises(reconciler.SettingError, match="settings are of the type str"):
        reconciler.plan(settings=wrong)


def test_a_target_that_does_not_exist_is_named_without_an_option(here: World) -> None:
    here.write(LINE)

    with pytest.raises(reconciler.SettingError, match=r"^target lime: no such room"):
        reconciler.plan(targets=["lime"])


def test_a_variable_that_is_no_text_is_named_without_its_value() -> None:
    environ: dict[str, Any] = {"TWILIO_AUTH_TOKEN": 12345, "OTHER": 1}

    with pytest.raises(reconciler.SettingError) as raised:
        reconciler.load_settings(environ)
    assert str(raised.value).startswith("TWILIO_AUTH_TOKEN is of the type int")
    assert "12345" not in str(raised.value)
    with pytest.raises(reconciler.SettingError, match="give a mapping"):
        reconciler.load_settings(cast("Any", "RECONCILER_QUIET=1s"))
    assert reconciler.load_settings({"OTHER": cast("Any", 1)}).desired == "desired"


@pytest.fixture
def client(here: World) -> Iterator[reconciler.Client]:
    assert here.url
    with reconciler.Client() as client:
        yield client


Call = Callable[[reconciler.Client], Any]
WRONG: dict[str, Call] = {
    "limit is -1": lambda it: it.participants.list(ROOM, limit=-1),
    "limit is True": lambda it: it.conferences.list(limit=True),
    "limit is '2'": lambda it: it.calls.list(limit=cast("Any", "2")),
    "page_size is 0": lambda it: it.conferences.list(page_size=0),
    "page_size is -5": lambda it: list(it.calls.stream(page_size=-5)),
    "muted is 'no'": lambda it: it.participants.list(ROOM, muted=cast("Any", "no")),
    "hold is 1": lambda it: it.participants.list(ROOM, hold=cast("Any", 1)),
    "conference is ''": lambda it: it.participants.list(""),
    "conference is None": lambda it: it.participants.delete(cast("Any", None), "a"),
    "participant is ''": lambda it: it.participants.delete(ROOM, ""),
    "participant is None": lambda it: it.participants.fetch(ROOM, cast("Any", None)),
    "participant is ' '": lambda it: it.participants.update(ROOM, " ", muted=True),
    "to is ''": lambda it: it.participants.create("r", to="", from_=SENDER),
    "from_ is ''": lambda it: it.participants.create("r", to=NUMBER, from_=""),
    "label is ''": lambda it: it.participants.create(
        "r", to=NUMBER, from_=SENDER, label=""
    ),
    "sid is ''": lambda it: it.conferences.complete(""),
    "sid is None": lambda it: it.calls.complete(cast("Any", None)),
    "start_time_after is nan": lambda it: it.calls.list(start_time_after=math.nan),
    "start_time_after is 1e": lambda it: it.calls.list(start_time_after=1e20),
    "start_time_after is 't": lambda it: it.calls.list(
        start_time_after=cast("Any", "today")
    ),
    "status is 5": lambda it: it.calls.list(status=cast("Any", 5)),
    "friendly_name is ''": lambda it: it.conferences.list(friendly_name=""),
}


def test_a_call_of_the_client_with_an_argument_that_is_none_sends_nothing(
    client: reconciler.Client, here: World
) -> None:
    before = len(here.exchange.history.reads)

    for told, call in WRONG.items():
        with pytest.raises(reconciler.SettingError, match=told):
            call(client)
    assert here.writes() == []
    assert len(here.exchange.history.reads) == before


def test_a_client_takes_settings_and_no_mapping() -> None:
    wrong: Any = {"TWILIO_ACCOUNT_SID": "AC1"}
    with pytest.raises(reconciler.SettingError, match="load_settings"):
        reconciler.Client(wrong)
    with pytest.raises(reconciler.SettingError, match="read_only is 'no'"):
        reconciler.Client(read_only=cast("Any", "no"))


@pytest.fixture
def warned() -> Iterator[list[warnings.WarningMessage]]:
    """Every warning, also of coroutines that nobody awaited."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield caught
        gc.collect()


def _each(client: reconciler.Client) -> Iterator[Callable[[], Any]]:
    yield client.conferences.list
    yield lambda: list(client.participants.stream(ROOM))
    yield lambda: client.participants.update(ROOM, "ann", muted=True)
    yield lambda: client.calls.complete("CA1")


def test_a_closed_client_says_so(
    here: World, warned: list[warnings.WarningMessage]
) -> None:
    client = reconciler.Client()
    begun = client.conferences.stream()
    client.close()
    client.close()

    calls: list[Callable[[], Any]] = [*_each(client), lambda: next(begun)]
    for call in calls:
        with pytest.raises(reconciler.ClientClosed, match="make another one"):
            call()
    gc.collect()
    assert [str(each.message) for each in warned] == []
    assert here.writes() == []


async def test_a_closed_client_of_an_event_loop_says_so(here: World) -> None:
    async with reconciler.AsyncClient() as client:
        people = client.participants
    await client.close()

    with pytest.raises(reconciler.ClientClosed, match="make another one"):
        await client.conferences.list()
    with pytest.raises(reconciler.ClientClosed):
        await people.update(ROOM, "ann", muted=True)
    with pytest.raises(reconciler.ClientClosed):
        await people.create("bridge", to=NUMBER, from_=SENDER)
    assert here.writes() == []


def test_a_client_in_a_running_loop_names_the_other_one_without_a_warning(
    here: World, warned: list[warnings.WarningMessage]
) -> None:
    client = reconciler.Client()

    async def use() -> None:
        for call in (*_each(client), reconciler.Client):
            with pytest.raises(reconciler.EventLoopRunning, match=r"use.*AsyncClient"):
                call()
        with pytest.raises(reconciler.EventLoopRunning, match="close the client when"):
            client.close()

    asyncio.run(use())
    assert client.conferences.list() == ()
    client.close()
    gc.collect()
    assert [str(each.message) for each in warned] == []
    assert here.writes() == []


@pytest.mark.usefixtures("here")
def test_every_error_is_a_reconciler_error() -> None:
    errors = [
        getattr(reconciler, name)
        for name in reconciler.__all__
        if isinstance(getattr(reconciler, name), type)
        and issubclass(getattr(reconciler, name), Exception)
    ]

    assert len(errors) > 15
    assert [x for x in errors if not issubclass(x, reconciler.ReconcilerError)] == []
    with (
        reconciler.Client(read_only=True) as client,
        pytest.raises(reconciler.ReconcilerError, match="read-only"),
    ):
        client.calls.complete("CA1")


def test_an_error_of_the_client_speaks_of_the_call_and_of_no_roster(
    client: reconciler.Client, here: World
) -> None:
    here.tell("faults", kind="400", method="POST", times=1, code=21211)

    with pytest.raises(reconciler.TerminalError, match="correct 'to'") as raised:
        client.participants.create("bridge", to=NUMBER, from_=SENDER)
    assert "roster" not in str(raised.value)

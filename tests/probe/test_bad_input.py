"""What a probe refuses, and that nothing is left ringing then."""

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from reconciler.model.errors import SettingError
from reconciler.probe.catalogue import chosen
from reconciler.probe.ending_calls import end_all
from reconciler.probe.interview import AddressRefused, Interview
from reconciler.probe.journal import DamagedState, Journal
from reconciler.probe.party import Party
from reconciler.probe.profile import (
    Profile,
    dump_profile,
    hashed,
    load_profile,
    require_same_account,
    with_earlier,
)
from reconciler.probe.question import Answers, Need, Question
from reconciler.simulator.exchange.clock import VirtualClock
from reconciler.simulator.exchange.exchange import Exchange
from reconciler.simulator.exchange.people import Subscriber
from tests.probe.desk import ANSWERING, PARTIES, SENDER, ProbeDesk, open_probe

NUMBERS = {Party.ANSWERING: ("+15550100101",), Party.RINGING: ("+15550100102",)}


def rings(desk: ProbeDesk) -> list[str]:
    desk.exchange.catch_up()
    return [each.to for each in desk.exchange.history.rings]


def test_a_number_that_is_not_the_accounts_is_refused_before_anybody_is_called(
    tmp_path: Path,
) -> None:
    desk = open_probe(tmp_path / "state")
    desk.exchange.own_numbers(frozenset({SENDER, "+15550100101"}))

    with pytest.raises(SettingError, match=r"\+15550100102 does not belong"):
        asyncio.run(desk.run("kick", parties=NUMBERS).run("a1"))

    assert rings(desk) == []
    assert not (tmp_path / "state").exists()


def test_numbers_of_the_account_are_called(tmp_path: Path) -> None:
    desk = open_probe(tmp_path / "state")
    desk.exchange.own_numbers(frozenset({SENDER, "+15550100101", "+15550100102"}))
    desk.exchange.describe("+15550100102", Subscriber(no_answer=1000))

    asyncio.run(desk.run("kick", parties=NUMBERS).run("a1"))

    assert rings(desk) == ["+15550100101", "+15550100102"]


def test_a_probe_does_not_begin_while_a_call_is_up_that_could_be_its_own(
    tmp_path: Path,
) -> None:
    desk = open_probe(tmp_path / "state")
    form = {"To": (ANSWERING[0],), "From": (SENDER,)}
    desk.exchange.create_participant("another room", form)

    with pytest.raises(SettingError, match="is on a call"):
        desk.ask("kick")

    assert len(desk.live) == 1


def test_a_state_file_of_another_account_is_refused(tmp_path: Path) -> None:
    open_probe(tmp_path / "state").ask("pages")
    clock = VirtualClock()
    other = ProbeDesk(Exchange(clock, seed=9), clock, tmp_path / "state")

    with pytest.raises(SettingError, match="another account"):
        other.ask("kick")

    assert rings(other) == []


def test_a_state_file_with_other_addresses_is_refused(tmp_path: Path) -> None:
    desk = open_probe(tmp_path / "state")
    desk.ask("pages")
    other = {**PARTIES, Party.ANSWERING: ("client:eve",)}

    with pytest.raises(SettingError, match="other addresses"):
        asyncio.run(desk.run("kick", parties=other).run("a1"))

    assert rings(desk) == []


def test_a_state_file_of_another_version_is_refused(tmp_path: Path) -> None:
    desk = open_probe(tmp_path / "state")
    desk.ask("pages")
    text = desk.state.read_text("utf-8").replace('"version": 1', '"version": 2', 1)
    desk.state.write_text(text, "utf-8")

    with pytest.raises(SettingError, match="of version 2"):
        desk.ask("kick")


@pytest.mark.parametrize(
    ("cut", "says"),
    [
        (lambda text: text[:-5], "cut off"),
        (lambda text: text[:-3] + "\n", "not a line of JSON"),
        (lambda text: "".join(text.splitlines(keepends=True)[1:]), "not a record"),
        (lambda _: '{"kind": "placing"}\n', "not a record"),
        (lambda _: "[]\n", "not a record"),
    ],
    ids=["half a line", "half a record", "no first line", "no keys", "a list"],
)
def test_a_damaged_state_file_is_said_where_it_is_damaged(
    cut: object, says: str, tmp_path: Path
) -> None:
    desk = open_probe(tmp_path / "state")
    desk.ask("pages")
    assert callable(cut)
    desk.state.write_text(cut(desk.state.read_text("utf-8")), "utf-8")

    with pytest.raises(DamagedState, match=says):
        Journal(desk.state)


def test_all_calls_to_the_addresses_can_be_ended_without_a_state_file(
    tmp_path: Path,
) -> None:
    desk = open_probe(tmp_path / "state", calls_list_lag=5)
    for to in ("client:ann", "client:no-answer", "client:stranger"):
        form = {"To": (to,), "From": (SENDER,)}
        desk.exchange.create_participant("room", form)

    called = ("client:ann", "client:bob", "client:no-answer")
    ended = asyncio.run(end_all(desk.line(), SENDER, called))

    assert ended == 2
    left = [desk.exchange.state.call(sid).to for sid in desk.live]
    assert left == ["client:stranger"]


def test_an_address_that_twilio_refuses_ends_the_probe_and_every_call(
    tmp_path: Path,
) -> None:
    desk = open_probe(tmp_path / "state")
    desk.exchange.describe("client:no-answer", Subscriber(refused=21217))

    with pytest.raises(AddressRefused, match="21217"):
        desk.ask("kick")

    assert rings(desk) == ["client:ann"]
    assert desk.live == []


def test_an_address_that_does_not_answer_is_named_as_the_reason(tmp_path: Path) -> None:
    desk = open_probe(tmp_path / "state")
    desk.exchange.describe("client:ann", Subscriber(no_answer=1000))

    profile = desk.ask("end-flag")

    assert "did not take the call" in profile.unanswered["end_flag"]
    assert profile.answers == {}
    assert desk.live == []


def test_an_address_that_answers_where_it_should_ring_is_named(tmp_path: Path) -> None:
    desk = open_probe(tmp_path / "state")
    desk.exchange.describe("client:no-answer", Subscriber(busy=1000))

    profile = desk.ask("unanswered")

    why = profile.unanswered["conference_visible_before_connect"]
    assert "does not ring, its call is busy" in why


async def _too_many(ask: Interview) -> Answers:
    await ask.connect(ask.room(), "a")
    await ask.call(Party.ANSWERING, ask.room(), "b")
    return {}


def test_a_question_places_no_more_calls_than_its_plan_shows(tmp_path: Path) -> None:
    desk = open_probe(tmp_path / "state")
    run = desk.run("pages")
    greedy = Question("pages", "", ("next_page_absolute",), (), _too_many, answering=1)
    run.questions = (greedy,)

    profile = asyncio.run(run.run("a1"))

    assert len(rings(desk)) == 1
    assert "the plan shows 1" in profile.unanswered["next_page_absolute"]


def test_a_question_that_nobody_knows_is_refused() -> None:
    with pytest.raises(SettingError, match="unknown question 'lag'"):
        tuple(chosen(["lag"], events=False, needs=()))


def test_reads_at_once_are_sent_only_where_that_is_allowed() -> None:
    plain = [each.name for each in chosen([], events=True, needs=())]
    allowed = [each.name for each in chosen([], events=True, needs=[Need.BURST])]

    assert set(allowed) - set(plain) == {"concurrency"}


def write(path: Path) -> Path:
    profile = Profile(hashed("AC1"), "2026-11-30", "reconciler 1", {"list_lag": 2.0})
    path.write_text(dump_profile(profile), "utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("version: 2\n", "version 2 is not 1"),
        ("", "a profile: expected keys"),
        ("[1, 2]", "a profile: expected keys"),
        ("version: 1\naccount: x\n", "answers: expected keys"),
        ("version: 1\nanswers: {lag: {answer: 1}}\naccount: x\ndate: x\nproduct: x\nunanswered: {}\n",
         "unknown question 'lag'"),
        ("version: 1\nanswers: {list_lag: {answer: [1]}}\naccount: x\ndate: x\nproduct: x\nunanswered: {}\n",
         "no plain value"),
        ("version: 1\nanswers: {list_lag: 3}\naccount: x\ndate: x\nproduct: x\nunanswered: {}\n",
         "expected keys and values"),
        ("version: 1\nanswers: {end_flag: {answer: 5}}\naccount: x\ndate: x\nproduct: x\nunanswered: {}\n",
         "answers: switch end_flag: 5.0 is not takes"),
        ("version: 1\nanswers: {list_lag: {answer: -1}}\naccount: x\ndate: x\nproduct: x\nunanswered: {}\n",
         "answers: switch list_lag"),
        ("version: 1\nanswers: {}\nunanswered: {}\n", "account is missing"),
        ("version: [1\n", "is not a profile"),
    ],
)  # fmt: skip
def test_a_profile_that_is_none_is_refused_with_the_reason(
    text: str, says: str, tmp_path: Path
) -> None:
    path = tmp_path / "profile.yaml"
    path.write_text(text, "utf-8")

    with pytest.raises(SettingError, match=says) as refused:
        load_profile(path)

    assert str(path) in str(refused.value)


def test_a_profile_is_read_as_it_was_written(tmp_path: Path) -> None:
    desk = open_probe(tmp_path / "state", events=True, list_lag=2)
    profile = desk.ask("lags", "kick", "pages")
    path = tmp_path / "profile.yaml"
    path.write_text(dump_profile(profile), "utf-8")

    assert load_profile(path) == profile


def test_a_profile_that_is_cut_off_within_its_answers_is_refused(
    tmp_path: Path,
) -> None:
    path = write(tmp_path / "profile.yaml")
    text = path.read_text("utf-8")
    path.write_text(text[: text.index("unanswered:")], "utf-8")

    with pytest.raises(SettingError, match="the file is cut off"):
        load_profile(path)


def test_what_a_probe_does_not_ask_stays_as_it_was_answered(tmp_path: Path) -> None:
    desk = open_probe(tmp_path / "state", events=True, list_lag=2)
    old = desk.ask("lags", "pages")
    old = replace(old, answers={**old.answers, "coach_when_target_leaves": "silent"})
    desk.exchange.flip(list_lag=0, next_page_absolute=True)
    desk.state.unlink()

    both = with_earlier(desk.ask("pages", "kick"), old)

    assert both.answers["list_lag"] == 2.0
    assert both.answers["coach_when_target_leaves"] == "silent"
    assert both.answers["next_page_absolute"] is True
    assert both.answers["delete_ringing"] == "works"
    assert both.questions["list_lag"] == "lags"
    assert both.evidence.keys() == {"lags", "pages", "kick"}


def test_what_was_asked_again_without_an_answer_has_none() -> None:
    old = Profile("x", "2026-11-29", "x", {"list_lag": 2.0}, {"call_lag": "not seen"})
    new = Profile("x", "2026-11-30", "x", {"call_lag": 1.0}, {"list_lag": "not seen"})

    both = with_earlier(new, old)

    assert both.answers == {"call_lag": 1.0}
    assert both.unanswered == {"list_lag": "not seen"}


def test_a_profile_of_another_account_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "profile.yaml")

    require_same_account(load_profile(path), "AC1", path)
    with pytest.raises(SettingError, match="profile of another account"):
        require_same_account(load_profile(path), "AC2", path)


def test_a_profile_shows_no_identity(tmp_path: Path) -> None:
    desk = open_probe(tmp_path / "state")
    desk.exchange.describe("+15550100102", Subscriber(no_answer=1000))
    profile = asyncio.run(desk.run(parties=NUMBERS).run("a1"))

    text = dump_profile(profile)

    account = desk.exchange.account
    secrets = (account.sid, account.token, SENDER, "15550100101", "15550100102")
    assert [each for each in secrets if each in text] == []
    assert [sid for sid in desk.exchange.state.calls if sid in text] == []
    assert [sid for sid in desk.exchange.state.conferences if sid in text] == []
    assert "RQ" in text

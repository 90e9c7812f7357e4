"""People as files, magic addresses and JSON describe them."""

from pathlib import Path

import pytest

from reconciler.model.duration import seconds
from reconciler.model.errors import SettingError
from reconciler.simulator.exchange.fault import Fault, FaultKind
from reconciler.simulator.exchange.people import (
    ALWAYS,
    DialIn,
    People,
    PhoneBehavior,
    Subscriber,
)
from reconciler.simulator.script import load, read_person

_FILE = """
calls_per_second: 5
switches: {list_shows_ringing: false, list_lag: 3s}
people:
  "+15551230001": {answers_after: 2s, hangs_up_after: 10m}
  "client:bob": {busy: 2}
  "sip:eve@example.com": {fails: 503}
  "+15551230002":
    dials_in: [{room: support-line, at: 5s, label: ann}]
  "+15551230004":
    dials_in: [{to: "+15550100001", at: 5s}]
  "+15551230003":
voice_urls: {"+15550100001": "https://hooks.example/voice/line"}
faults:
  - {kind: slow, who: "client:bob", seconds: 10s}
  - {kind: "401", every: 50, times: true}
"""


def test_a_people_file_describes_people_pace_and_switches(tmp_path: Path) -> None:
    file = tmp_path / "people.yaml"
    file.write_text(_FILE)
    script = load(file)
    assert script.calls_per_second == 5
    assert script.switches.list_shows_ringing is False
    assert script.switches.list_lag == 3
    assert script.voice_urls == {"+15550100001": "https://hooks.example/voice/line"}
    assert script.faults == (
        Fault(FaultKind.SLOW, who="client:bob", seconds=10),
        Fault(FaultKind.UNAUTHORIZED, every=50, times=ALWAYS),
    )
    assert script.people.described == {
        "+15551230001": Subscriber(answers_after=2, hangs_up_after=600),
        "client:bob": Subscriber(busy=2),
        "sip:eve@example.com": Subscriber(fails=ALWAYS, sip_code=503),
        "+15551230002": Subscriber(dials_in=(DialIn("support-line", 5, "ann"),)),
        "+15551230004": Subscriber(dials_in=(DialIn("", 5, to="+15550100001"),)),
        "+15551230003": Subscriber(),
    }


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("people: [ann]", "people: expected keys and values"),
        ("persons: {}", "the file: unknown persons"),
        ("people: {15551230001: {}}", "15551230001 is a number to YAML; quote it"),
        ("people: {ann: {answers: 2s}}", "people: ann: a person: unknown answers"),
        ("people: {ann: {answers_after: soon}}", "answers_after: 'soon' is not a dur"),
        ("people: {ann: {busy: often}}", "people: ann: busy: 'often' is neither"),
        ("people: {ann: {machine: 1}}", "machine: 1 is neither true nor false"),
        ("people: {ann: {refused: no}}", "refused: False is not a code"),
        ("people: {ann: {refused: {status: 200, code: 1}}}", "status: 200 is not from"),
        ("people: {ann: {refused: {status: 403}}}", "refused: "),
        ("people: {ann: {dials_in: {room: x}}}", "dials_in: expected a list"),
        ("people: {ann: {dials_in: [{at: 1}]}}", "room or to is needed"),
        (
            'people: {ann: {dials_in: [{to: "+15550100001", label: ann}]}}',
            "a call to a number has no room and no label",
        ),
        ("voice_urls: {15550100001: 'http://a'}", "15550100001 is no number; quote it"),
        ("voice_urls: {'+15550100001': ftp}", "+15550100001: 'ftp' is no URL"),
        ("voice_urls: [a]", "voice_urls: expected keys and values"),
        ("people: {ann: 5}", "people: ann: a person: expected keys and values"),
        ("faults: {kind: slow}", "faults: expected a list"),
        ("faults: [slow]", "faults: a fault: expected keys and values"),
        ("faults: [{kind: odd}]", "faults: 'odd' is not a valid FaultKind"),
        ("calls_per_second: 0", "calls_per_second: 0 is not a number above 0"),
        ("switches: {list_lagg: 1}", "did you mean list_lag?"),
        ("people: {", "expected the node content"),
    ],
)
def test_a_wrong_file_is_named_with_what_is_wrong(
    tmp_path: Path, text: str, wrong: str
) -> None:
    file = tmp_path / "people.yaml"
    file.write_text(text)
    with pytest.raises(SettingError) as raised:
        load(file)
    assert str(raised.value).startswith(f"{file}: ")
    assert wrong in str(raised.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"nobody\.yaml: No such file"):
        load(tmp_path / "nobody.yaml")


def test_an_empty_file_describes_nobody(tmp_path: Path) -> None:
    file = tmp_path / "people.yaml"
    file.write_text("")
    assert not load(file).people.described


@pytest.mark.parametrize(
    ("address", "answer"),
    [
        ("client:busy", PhoneBehavior.BUSY),
        ("sip:no-answer@example.com", PhoneBehavior.NO_ANSWER),
        ("client:fails?team=a", PhoneBehavior.FAILS),
        ("client:hangs-up", PhoneBehavior.ANSWERS),
        ("+15551239999", PhoneBehavior.ANSWERS),
        ("busy", PhoneBehavior.ANSWERS),
    ],
)
def test_some_addresses_need_no_description(
    address: str, answer: PhoneBehavior
) -> None:
    assert People().find(address).answer(0) is answer


def test_a_description_comes_before_a_known_name() -> None:
    people = People().describe("client:busy?x=1", Subscriber(answers_after=3))
    assert people.find("client:busy?y=2") == Subscriber(answers_after=3)


def test_a_phone_is_busy_then_silent_then_broken_then_answered() -> None:
    person = Subscriber(busy=1, no_answer=1, fails=1)
    assert [person.answer(nth) for nth in range(5)] == [
        PhoneBehavior.BUSY,
        PhoneBehavior.NO_ANSWER,
        PhoneBehavior.FAILS,
        PhoneBehavior.ANSWERS,
        PhoneBehavior.ANSWERS,
    ]


@pytest.mark.parametrize(
    ("raw", "person"),
    [
        ({"fails": True}, Subscriber(fails=ALWAYS)),
        ({"fails": 2}, Subscriber(fails=2)),
        ({"fails": 2, "sip_code": 480}, Subscriber(fails=2, sip_code=480)),
        ({"fails": 480}, Subscriber(fails=ALWAYS, sip_code=480)),
        ({"busy": False, "no_answer": True}, Subscriber(no_answer=ALWAYS)),
        ({"hangs_up_after": None, "machine": True}, Subscriber(machine=True)),
        ({"refused": 21216}, Subscriber(refused=21216)),
        (
            {"refused": {"status": 403, "code": 12400}},
            Subscriber(refused=12400, refused_status=403),
        ),
        (
            {"ghost_seconds": "30s", "listed_seconds": "1m"},
            Subscriber(ghost_seconds=30, listed_seconds=60),
        ),
        ({"listed_seconds": True}, Subscriber(listed_seconds=ALWAYS)),
    ],
)
def test_a_person_is_read(raw: object, person: Subscriber) -> None:
    assert read_person(raw) == person


@pytest.mark.parametrize(
    ("written", "value"),
    [("30s", 30), ("2m", 120), ("1h", 3600), ("1.5", 1.5), (4, 4)],
)
def test_durations_are_written_with_a_unit_or_in_seconds(
    written: object, value: float
) -> None:
    assert seconds(written) == value


@pytest.mark.parametrize(
    "written", ["", "-30s", -3, True, None, "3 days", float("inf")]
)
def test_what_is_no_duration_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        seconds(written)

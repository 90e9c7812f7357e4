"""The probe finds each switch of the simulator again, at each of its values."""

import asyncio
import random
from collections.abc import Mapping
from pathlib import Path

import pytest

from reconciler.probe.answer_values import AnswerValue
from reconciler.probe.catalogue import QUESTIONS, UNHEARD
from reconciler.probe.question import Need
from reconciler.simulator.exchange.behavior import Switch, describe_switches
from reconciler.simulator.exchange.fault import read_fault
from tests.probe.desk import ProbeDesk, open_probe
from tests.sample_size import sample_size

NUMBERS: Mapping[str, tuple[float, ...]] = {
    "connecting_seconds": (0.0, 0.1, 0.5, 1.2),
    "complete_refused_code": (20001.0, 20409.0),
    "name_race_seconds": (0.0, 1.0, 3.0),
    "concurrency": (0.0, 1.0, 5.0, 40.0),
    "retry_after_on_429": (0.0, 3.0),
}
SECONDS = (0.0, 0.5, 2.0, 5.5)
SHOWN_WITH: Mapping[str, Mapping[str, object]] = {
    "complete_refused_code": {"complete_while_dialing": "refused"},
    "change_of_gone": {"list_lag": 2},
    "retry_after_on_429": {"concurrency": 3},
}
"""Switches that show only where another one is set."""


def question_of(switch: str) -> str:
    return next(
        each.name for each in QUESTIONS if switch in {*each.answers, *each.by_events}
    )


def values_of(switch: Switch) -> tuple[object, ...]:
    if switch.kind == "boolean":
        return (True, False)
    return switch.choices or NUMBERS.get(switch.name, SECONDS)


CASES = [
    (each.name, value)
    for each in describe_switches()
    if each.name != UNHEARD
    for value in values_of(each)
]
BURST = {"concurrency", "retry_after_on_429"}
ASKED = {
    "complete_refused_code": ("room-ends",),
    "next_page_absolute": ("kick", "pages"),
}
"""Questions to ask where it is not the one that names the switch first."""


@pytest.mark.parametrize(("switch", "value"), CASES)
def test_a_switch_is_found_again(switch: str, value: object, tmp_path: Path) -> None:
    switches = {**SHOWN_WITH.get(switch, {}), switch: value}
    desk = open_probe(tmp_path / "state", events=True, **switches)
    names = ASKED.get(switch) or (question_of(switch),)

    if switch == "withheld_caller":
        desk.exchange.dial_in("line", "+15550100109", withheld="anonymous")
        desk.exchange.hang_up("+15550100109")
    answers = concurrent(desk) if switch in BURST else desk.ask(*names).answers

    assert answers[switch] == value
    assert type(answers[switch]) is type(value)
    assert differing(desk, answers) == {}
    assert desk.live == []


def concurrent(desk: ProbeDesk) -> Mapping[str, AnswerValue]:
    """As ``ask``, where requests at once are at work at once."""
    slow = {"kind": "slow", "method": "GET", "seconds": 1, "times": True}
    desk.exchange.faults.add(read_fault(slow))
    run = desk.run("concurrency", needs=[Need.BURST])
    return asyncio.run(run.run("a1")).answers


def differing(
    desk: ProbeDesk, answers: Mapping[str, AnswerValue]
) -> dict[str, AnswerValue]:
    """Answers that are not what the switches say."""
    switches = {each.name for each in describe_switches()}
    return {
        name: value
        for name, value in answers.items()
        if name in switches and getattr(desk.exchange.switches, name) != value
    }


def test_every_switch_that_a_request_shows_has_a_question() -> None:
    asked = {x for each in QUESTIONS for x in (*each.answers, *each.by_events)}

    assert {each.name for each in describe_switches()} - asked == {UNHEARD}


PAIRS: tuple[tuple[Mapping[str, object], Mapping[str, AnswerValue | None]], ...] = (
    ({"list_lag": 2, "list_shows_ringing": False}, {}),
    ({"list_lag": 5, "list_change_lag": 2}, {}),
    ({"list_lag": 2, "list_change_lag": 5}, {}),
    ({"list_lag": 3, "ended_listed_seconds": 2}, {}),
    ({"list_lag": 3, "ended_listed_seconds": 2, "status_null": True}, {}),
    ({"ended_listed_seconds": 2, "change_of_gone": "404+16001"}, {}),
    ({"ended_listed_seconds": 2, "change_of_gone": "16099", "error_status_16xxx": "409"}, {}),
    ({"list_shows_ringing": False, "ended_listed_seconds": 3}, {}),
    ({"call_lag": 3, "new_call_missing_seconds": 2}, {}),
    ({"call_lag": 2, "new_call_missing_seconds": 5}, {}),
    ({"call_lag": 4, "calls_list_lag": 2}, {}),
    ({"call_lag": 4, "status_null": True}, {"connecting_seconds": None}),
    ({"list_shows_ringing": False, "call_lag": 2}, {"connecting_seconds": None}),
    ({"conferences_list_lag": 3, "status_init": "in-progress"}, {"early_media_counts": None}),
    ({"conferences_list_lag": 3, "status_init": "refused"}, {}),
    ({"conferences_list_lag": 3, "conferences_without_status": "all"}, {}),
    ({"conferences_list_lag": 2, "ended_conference_missing_seconds": 5}, {}),
    ({"conferences_list_lag": 2, "conference_visible_before_connect": False}, {}),
    ({"conference_visible_before_connect": False, "status_init": "in-progress"},
     {"early_media_counts": None}),
    ({"ending_seconds": 3, "ended_conference_missing_seconds": 2}, {}),
    ({"ending_seconds": 3, "complete_refused_code": 20409}, {}),
    ({"ending_seconds": 3, "complete_twice": "404"}, {}),
    ({"ending_seconds": 2, "complete_while_dialing": "refused"}, {}),
    ({"complete_while_dialing": "refused", "ringing_when_room_ends": "new_room"}, {}),
    ({"ringing_keeps_room": False, "ringing_when_room_ends": "new_room"}, {}),
    ({"ringing_keeps_room": False, "ended_conference_missing_seconds": 5}, {}),
    ({"delete_ringing": "404", "kick_call_status": "completed"}, {"kick_call_status": None}),
    ({"delete_ringing": "404", "leave_event_when_never_joined": False}, {}),
    ({"kick_call_status": "no-answer", "call_lag": 3}, {}),
    ({"update_ringing": "16001", "error_status_16xxx": "404"}, {}),
    ({"update_ringing": "404", "list_shows_ringing": False}, {"connecting_seconds": None}),
    ({"update_ringing": "accept", "label_held_while_ringing": False}, {}),
    ({"label_case_sensitive": False, "label_held_while_ringing": False}, {}),
    ({"label_case_sensitive": False, "label_with_dot": "404"}, {}),
    ({"idempotency_token": "honoured", "error_status_16xxx": "404"}, {}),
    ({"idempotency_token": "honoured", "label_held_while_ringing": False}, {}),
    ({"equal_bytes": False, "status_null": True}, {"connecting_seconds": None}),
    ({"coaching_flag_when_target_leaves": "false", "retarget_in_one_post": "error"}, {}),
    ({"end_flag": "with_hold_only", "conference_post_by_name": "works"}, {}),
    ({"early_media_counts": True, "start_event": False}, {"join_before_start": None}),
    ({"early_media_counts": True, "connecting_seconds": 1}, {}),
    ({"start_event": False, "join_before_start": False}, {"join_before_start": None}),
    ({"sequence_base": "0", "join_before_start": False}, {}),
    ({"muted_while_waiting": True, "status_init": "in-progress"}, {"early_media_counts": None}),
    ({"name_race_seconds": 2, "queued_call_dated": "dialing"}, {}),
    ({"queued_call_dated": "dialing", "queued_call_matches_start_time": False}, {}),
    ({"queued_call_matches_start_time": False, "calls_list_lag": 3}, {}),
    ({"queued_call_dated": "dialing", "call_lag": 3}, {}),
)  # fmt: skip
"""Switches that meet in one answer, and what differs from them in the profile."""


@pytest.mark.parametrize(("switches", "otherwise"), PAIRS, ids=str)
def test_switches_that_interact_are_found_again_together(
    switches: Mapping[str, object],
    otherwise: Mapping[str, AnswerValue | None],
    tmp_path: Path,
) -> None:
    desk = open_probe(tmp_path / "state", events=True, **switches)
    named = {question_of(each) for each in switches}
    asked = {*named, *(question_of(each) for each in otherwise)}

    answers = desk.ask(*sorted(asked)).answers

    assert differing(desk, answers) == {}
    assert [x for x, value in otherwise.items() if value is None and x in answers] == []
    assert [x for x in switches if x not in answers and x not in otherwise] == []
    assert desk.live == []


SEEDS = sample_size(3, 60)


def some_of_the_switches(seed: int) -> Mapping[str, object]:
    """A random half of all switches at random values."""
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    values: dict[str, list[object]] = {}
    for name, value in CASES:
        values.setdefault(name, []).append(value)
    return {
        name: chance.choice(known)
        for name, known in values.items()
        if name not in BURST and chance.random() < 0.5
    }


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_random_half_of_all_switches_is_found_again(
    seed: int, tmp_path: Path
) -> None:
    desk = open_probe(tmp_path / "state", events=True, **some_of_the_switches(seed))

    answers = desk.ask().answers

    assert differing(desk, answers) == {}
    assert len(answers) > 35
    assert desk.live == []

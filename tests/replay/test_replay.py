"""A recorded run is decided again from its file, without names, byte for byte."""

import io
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.engine.room.evaluation import Evaluation, Inputs
from reconciler.engine.room.plan_memo import PlanMemo
from reconciler.model.errors import SettingError
from reconciler.model.roster import Limits, Roster
from reconciler.planning.authority import GUARDED
from reconciler.play.scenarios.generate import make_scenario
from reconciler.play.scenarios.scenario import (
    Declare,
    PhoneDialsIn,
    Scenario,
    StartProcess,
)
from reconciler.play.world.run import run
from reconciler.replay.recorded_passes import RECORDER
from reconciler.replay.recorded_passes import recorded as bound
from reconciler.replay.recorder import Recorder, recording
from reconciler.replay.recording_file import read_recording
from reconciler.replay.replaying import replay_recording
from tests.simulation.crashes import ANN, BOB, ROOM, SUP
from tests.simulation.mutations import replaced, rosters
from tests.simulation.test_guards import scenario
from tests.simulation.test_oracles import APPROVED

CROWDED = scenario(
    (0.0, Declare(Roster(ROOM, (ANN, BOB, SUP), limits=Limits(removals=1)))),
    (0.1, StartProcess("a", rest=0.1)),
    (5.0, PhoneDialsIn(ROOM, "+15559990001")),
    (12.0, Declare(Roster(ROOM, (ANN,), limits=Limits(removals=1)))),
)


@contextmanager
def kept(path: Path) -> Iterator[None]:
    """Have every look of every pass recorded."""
    compared = PlanMemo.compared
    with recording(path) as recorder:

        def watched(memo: PlanMemo, inputs: Inputs) -> Evaluation:
            evaluation = compared(memo, inputs)
            recorder.record(evaluation, inputs.authority)
            return evaluation

        with replaced(PlanMemo, "compared", watched):
            yield


def recorded(path: Path, *scenarios: Scenario) -> str:
    """The text of a recording of these runs."""
    with kept(path):
        for each in scenarios:
            assert not run(each).failed
    return path.read_text("utf-8")


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A recording of a room that is crowded, and of a few seeds."""
    seeds = [make_scenario(seed) for seed in (1, 2, 6, 13)]
    return recorded(tmp_path_factory.mktemp("replay") / "run.jsonl", CROWDED, *seeds)


def test_a_recorded_run_replays_with_the_same_decisions(text: str) -> None:
    recorded_run = read_recording(text, "run.jsonl")
    assert recorded_run.whole
    replayed = replay_recording(recorded_run)
    assert replayed.looks == text.count('{"look":') > 100
    assert replayed.differences == ()
    assert replayed.unfaithful == 0


def test_a_thousand_looks_are_replayed_within_five_seconds(tmp_path: Path) -> None:
    often = replace(CROWDED, horizon=60.0)
    whole = read_recording(recorded(tmp_path / "long.jsonl", often), "long.jsonl")
    looks = whole.looks * (1 + 1000 // len(whole.looks))
    thousand = replace(whole, looks=looks[:1000])
    began = time.process_time()
    assert replay_recording(thousand).differences == ()
    assert time.process_time() - began < 5.0


def test_a_changed_guard_is_named_as_the_first_difference(text: str) -> None:
    with rosters(lambda roster: replace(roster, limits=Limits(removals=9))):
        replayed = replay_recording(read_recording(text, "run.jsonl"))
    first = replayed.differences[0]
    assert all("withholds by limits.removals: remove" in each for each in first.before)
    assert first.before
    assert any(each.startswith("does: remove") for each in first.after)


def test_nothing_that_names_a_person_is_recorded(text: str) -> None:
    inputs = [json.loads(line).get("input") for line in text.splitlines()]
    words = json.dumps(inputs)
    for name in ("ann", "bob", "cara", "sup", "line", "court"):
        assert not re.search(rf'"{name}"', words), name
    for number in ("+15551230001", "+15005550006", "+15559990001", "client:bob"):
        assert number not in words
    account = re.findall(r"AC[0-9a-f]{32}", words)
    assert all(each[2:].startswith("0" * 20) for each in account)
    sids = set(re.findall(r"C[AF][0-9a-f]{32}", words))
    assert sids
    assert all(each[2:].startswith("0" * 20) for each in sids)


LINES = slice(0, 12)


def _lines(text: str) -> list[str]:
    return text.splitlines()[LINES]


def test_a_recording_that_was_cut_off_says_so(text: str) -> None:
    cut = "\n".join(_lines(text))
    assert not read_recording(cut, "run.jsonl").whole
    assert len(read_recording(cut, "run.jsonl").looks) == 11
    for at in (len(cut) - 5, len(cut) - 300):
        with pytest.raises(SettingError, match=r"run.jsonl:\d+: the line is cut off"):
            read_recording(cut[:at], "run.jsonl")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda _: [], "it is empty"),
        (lambda _: ["{}"], "is not a recording"),
        (lambda _: ["people: {}"], "is not a recording"),
        (lambda lines: [lines[0][:-9]], "is not a recording"),
        (lambda _: ["[]"], "not a line of a recording"),
        (lambda lines: [*lines[:3], *lines[4:]], "run.jsonl:4: .* edited, or lines"),
        (
            lambda lines: [*lines[:3], lines[3].replace('"at":1', '"at":2', 1)],
            ":4: .* edited",
        ),
        (lambda lines: lines[1:], "is not a recording"),
        (
            lambda lines: [
                lines[0].replace('version":"1"', 'version":"9"'),
                *lines[1:],
            ],
            "has format 9, made by reconciler",
        ),
    ],
    ids=[
        "empty",
        "object",
        "other file",
        "cut header",
        "array",
        "gap",
        "edit",
        "headless",
        "version",
    ],
)
def test_what_is_no_recording_or_was_edited_is_refused(
    text: str, change: Any, message: str
) -> None:
    lines = change(_lines(text))
    with pytest.raises(SettingError, match=message):
        read_recording("\n".join(lines), "run.jsonl")


def test_a_recording_never_replaces_a_file(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text("mine", "utf-8")
    with pytest.raises(FileExistsError), recording(path):
        pass
    assert path.read_text("utf-8") == "mine"


def test_only_its_owner_reads_a_recording(tmp_path: Path) -> None:
    with recording(tmp_path / "run.jsonl"):
        pass
    assert (tmp_path / "run.jsonl").stat().st_mode & 0o777 == 0o600


def test_what_a_person_approved_is_approved_without_names_too(tmp_path: Path) -> None:
    text = recorded(tmp_path / "run.jsonl", APPROVED)
    approved = [
        json.loads(line)
        for line in text.splitlines()
        if '"approval":{' in line and '"does: call' in line
    ]
    assert approved
    assert replay_recording(read_recording(text, "run.jsonl")).unfaithful == 0


class _FullDisk(io.StringIO):
    """Takes one line and no more."""

    def write(self, text: str) -> int:
        if self.tell():
            raise OSError(28, "No space left on device")
        return super().write(text)


def test_a_file_that_takes_no_more_ends_the_recording_and_not_the_run() -> None:
    recorder = Recorder(_FullDisk())
    token = RECORDER.set(recorder)
    try:
        bind = bound(lambda seen: replace(seen, observed_at=1.0), lambda: GUARDED)
    finally:
        RECORDER.reset(token)
    evaluation = run(CROWDED).last[ROOM].evaluation
    assert bind(evaluation).observed_at == 1.0
    assert bind(evaluation).observed_at == 1.0
    assert recorder.failure == "OSError: [Errno 28] No space left on device"
    recorder.close()


def test_a_command_that_is_not_recorded_keeps_its_own_binding() -> None:
    def own(seen: Evaluation) -> Evaluation:
        return seen

    assert bound(own, lambda: GUARDED) is own

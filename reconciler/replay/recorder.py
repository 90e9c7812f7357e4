"""Keeps the looks of a run in a file, as they come."""

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from reconciler.engine.room.evaluation import Evaluation
from reconciler.planning.authority import Authority
from reconciler.planning.plan import Plan
from reconciler.replay.look import decide, decision_document, look_of
from reconciler.replay.look_anonymizer import LookAnonymizer
from reconciler.replay.recorded_passes import RECORDER
from reconciler.replay.recording_file import LineWriter

if TYPE_CHECKING:
    from collections.abc import Iterator


class Recorder:
    """Writes looks to an open file; each is there when its decision is carried out."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._lines = LineWriter()
        self._anonymizer = LookAnonymizer()
        self.looks = 0
        self.failure: str | None = None
        self._write(self._lines.header())

    def keep(self, evaluation: Evaluation, authority: Authority) -> None:
        """As ``record``; where that fails, the recording ends and the run does not."""
        if self.failure is not None:
            return
        try:
            self.record(evaluation, authority)
        except Exception as error:  # noqa: BLE001 - no room waits for its recording
            self.failure = f"{type(error).__name__}: {error}"

    def record(self, evaluation: Evaluation, authority: Authority) -> None:
        """Keep what an evaluation rests on, without names, and what that decides."""
        look = look_of(evaluation, authority)
        if look is None:
            return
        anonymous = self._anonymizer.look(look)
        decided = decide(anonymous)
        faithful = shape(decided.plan) == shape(decide(look).plan)
        document = decision_document(decided)
        self._write(self._lines.look(anonymous, document, faithful=faithful))
        self.looks += 1

    def close(self) -> None:
        """Say that the recording is whole, if it is."""
        if self.failure is None:
            self._write(self._lines.end())

    def _write(self, line: str) -> None:
        self._file.write(line)
        self._file.flush()


@contextmanager
def recording(path: Path) -> "Iterator[Recorder]":
    """Have the looks of all passes kept in a new file. FileExistsError if it is there."""
    with path.open("x", encoding="utf-8") as file:
        path.chmod(0o600)
        recorder = Recorder(file)
        token = RECORDER.set(recorder)
        try:
            yield recorder
        finally:
            RECORDER.reset(token)
            recorder.close()


def shape(plan: Plan) -> object:
    """A plan without names: what is done, withheld by whom, and waited for.

    Moments are no part of it: the spread of redials depends on the label.
    """
    return (
        plan.unknown is None,
        [(x.verb, x.harm) for x in plan.actions],
        [(x.guard, x.action.verb) for x in plan.withheld],
        [(x.phase, x.settled) for x in plan.waiting],
    )

"""Passes of a command that is recorded: what they decide goes to its recorder, too.

Apart from the recorder, which few commands import.
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING

from reconciler.engine.room.evaluation import Evaluation
from reconciler.planning.authority import Authority

if TYPE_CHECKING:
    from reconciler.replay.recorder import Recorder

Bind = Callable[[Evaluation], Evaluation]

RECORDER: "ContextVar[Recorder | None]" = ContextVar("RECORDER", default=None)
"""The recorder of the command that runs, None for a command that is not recorded."""


def recorded(bind: Bind, authority: Callable[[], Authority]) -> Bind:
    """*bind* of a pass; while a command is recorded, its looks are kept, too."""
    recorder = RECORDER.get()
    if recorder is None:
        return bind

    def kept(evaluation: Evaluation) -> Evaluation:
        recorder.keep(evaluation, authority())
        return bind(evaluation)

    return kept

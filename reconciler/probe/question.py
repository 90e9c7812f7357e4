"""Questions: what is asked of an account, what that costs and what it needs."""

from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from reconciler.probe.answer_values import AnswerValue

if TYPE_CHECKING:
    from reconciler.probe.interview import Interview

Answers: TypeAlias = Mapping[str, AnswerValue]


class Need(StrEnum):
    """What a question needs beyond addresses.

    burst   leave to send many reads at once, which other clients of the account notice
    """

    BURST = "burst"


class Question(Struct, frozen=True):
    """Something asked of an account.

    ``answers`` are the names of what it answers, those of the simulator's switches
    where there is one; ``by_events`` those that need webhooks. ``answering`` and
    ``ringing`` are the most calls it places to each party, ``steps`` what it does, for
    the plan, and ``seconds`` how long it takes where nothing lags.
    """

    name: str
    about: str
    answers: tuple[str, ...]
    steps: tuple[str, ...]
    ask: "Callable[[Interview], Awaitable[Answers]]"
    answering: int = 0
    ringing: int = 0
    seconds: float = 5.0
    by_events: tuple[str, ...] = ()
    need: Need | None = None

    @property
    def calls(self) -> int:
        """The most calls it places."""
        return self.answering + self.ringing

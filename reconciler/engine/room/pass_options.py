"""On whose behalf passes are made, and what they may do."""

from collections.abc import Callable, Mapping

from msgspec import Struct, field

from reconciler.engine.ports import Visiting
from reconciler.engine.room.evaluation import Evaluation
from reconciler.model.account_name import DEFAULT_ACCOUNT
from reconciler.model.policy import UNRESTRICTED, Policy


def unbound(evaluation: Evaluation) -> Evaluation:
    """*evaluation*, of which nothing is held back."""
    return evaluation


class PassOptions(Struct, frozen=True):
    """``cause`` is whose wish they are.

    ``forced`` is a person's reason for letting withheld actions through, or None.
    ``asked`` says that a person waits for what comes of it: the first pass over a room
    tries at once what did not work before. ``only`` has the labels to act on by room,
    for rooms in which not all are. ``bind`` holds back an evaluation that is not as
    planned. ``visiting`` is open during each visit of a room, None where visits are not
    traced. ``account`` is the name of the account: rooms in which another one acts are
    left alone.
    """

    new_run: Callable[[], str]
    cause: str
    forced: str | None = None
    account_sid: str = ""
    asked: bool = False
    policy: Callable[[], Policy] = lambda: UNRESTRICTED
    only: Mapping[str, frozenset[str]] = field(default_factory=dict)
    bind: Callable[[Evaluation], Evaluation] = unbound
    visiting: Visiting | None = None
    account: str = DEFAULT_ACCOUNT

    @property
    def usual(self) -> bool:
        """Whether a room is evaluated as by any other process with the same rules."""
        return self.forced is None and not self.only and self.bind is unbound

"""What a group makes of its candidates, and in which words it is told."""

from msgspec import Struct

from reconciler.model.roster import Group
from reconciler.planning.candidate import Candidate, Progressed
from reconciler.planning.context import PlanningContext
from reconciler.planning.describe import quoted
from reconciler.planning.plan import GroupState, Phase, Waiting

FAILED = (Progressed.TRIED, Progressed.BARRED)


class GroupCount(Struct, frozen=True):
    """One group: its candidates, and what it makes of them."""

    group: Group
    want: int
    candidates: tuple[Candidate, ...]
    calling: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()

    def of(self, *states: Progressed) -> list[Candidate]:
        return [candidate for candidate in self.candidates if candidate.state in states]

    @property
    def inside(self) -> list[Candidate]:
        return self.of(Progressed.IN)

    @property
    def enough(self) -> bool:
        return len(self.inside) >= self.want

    @property
    def missing(self) -> int:
        """How many more are to be called."""
        return self.want - len(self.of(Progressed.IN, Progressed.CALLED))

    @property
    def exhausted(self) -> bool:
        """Whether nobody is left to be called, now or later."""
        under_way = self.calling or self.pending or self.of(Progressed.SLOW)
        return self.missing > 0 and not under_way


def why_not_called(count: GroupCount, label: str) -> str:
    """Why a group does not call one of its people."""
    (candidate,) = (each for each in count.candidates if each.label == label)
    last = f" (last call: {candidate.word})" if candidate.state in FAILED else ""
    if count.enough:
        return f"{has_in(count)}{last}"
    called = [
        candidate.label for candidate in count.of(Progressed.CALLED, Progressed.SLOW)
    ]
    names = ", ".join(dict.fromkeys((*called, *count.calling)))
    return f"{count.group.name} calls {names or 'nobody'}{last}"


def has_in(count: GroupCount) -> str:
    return f"{count.group.name} has {len(count.inside)} of {count.want} in"


def others_called(count: GroupCount) -> str:
    names = ", ".join(candidate.label for candidate in count.of(Progressed.CALLED))
    return f"{count.group.name} calls {names}"


def too_few(room: PlanningContext, count: GroupCount) -> Waiting:
    """That a group has too few, and nobody is left to call."""
    state = group_state(count)
    which = " ".join(quoted(candidate.label) for candidate in count.of(*FAILED))
    command = f"reconciler redial {quoted(room.roster.room)} {which}"
    reason = f"{state.text}; nobody is left to call. To call them again: {command}"
    return Waiting("", Phase.STALLED, reason)


def group_state(count: GroupCount) -> GroupState:
    return GroupState(
        count.group.name,
        count.want,
        tuple(candidate.label for candidate in count.inside),
        tuple(
            (
                candidate.label,
                "calling" if candidate.label in count.calling else candidate.word,
            )
            for candidate in count.candidates
            if candidate.state is not Progressed.IN
        ),
    )

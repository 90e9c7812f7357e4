"""Deaths enumerated: one canonical life for each kind of request, ended everywhere.

A life is first lived to its horizon, to count the points at which it can end:
before and after each commit; and of each write before it leaves ("begin"),
after it left ("left"), after its effect ("effect") and after its answer
("answered"). Then it is lived again once for each point, and once more for each
way in which a request that had left can fare: it arrives at once, much later,
or never.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from msgspec.structs import replace

from reconciler.model.roster import Member, RoomState, Roster
from reconciler.play.scenarios.scenario import (
    Declare,
    Happening,
    Scenario,
    StartProcess,
)
from reconciler.play.world.act import Act, Kind
from reconciler.play.world.product import WHOLE, Mutation
from reconciler.play.world.run import Report, run
from reconciler.play.world.shared_store import Shared
from reconciler.play.world.virtual_loop import Process
from reconciler.play.world.world import Interference, Point
from reconciler.simulator.exchange.behavior import Switches
from reconciler.simulator.exchange.people import Subscriber

ROOM = "line"
ANN = Member("ann", "+15551230001", "+15005550006", muted=False)
BOB = Member("bob", "+15551230002", "+15005550006")
SUP = Member("sup", "+15551230009", "+15005550006", coaching="ann")
BOTH = Roster(ROOM, (ANN, BOB))
_SLOW = {BOB.to: Subscriber(answers_after=40.0)}


class Fate(StrEnum):
    """What becomes of a request that had left when its process died."""

    ARRIVES = "arrives"
    LATE = "late"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Death:
    """The process dies at the nth point of its life, counted from 1."""

    at: int
    where: str
    fate: Fate = Fate.ARRIVES


LIVES: Mapping[Kind, tuple[tuple[float, Happening], ...]] = {
    Kind.CREATE: ((0.0, Declare(Roster(ROOM, (ANN, BOB, SUP)))),),
    Kind.UPDATE: (
        (0.0, Declare(BOTH)),
        (6.0, Declare(Roster(ROOM, (replace(ANN, muted=True, hold=True), BOB)))),
    ),
    Kind.DELETE: ((0.0, Declare(BOTH)), (6.0, Declare(Roster(ROOM, (ANN,))))),
    Kind.COMPLETE: (
        (0.0, Declare(BOTH)),
        (6.0, Declare(replace(BOTH, state=RoomState.ENDED))),
    ),
    Kind.HANG_UP: ((0.0, Declare(BOTH)), (6.0, Declare(Roster(ROOM, (ANN,))))),
}


def life(kind: Kind, switches: Switches) -> Scenario:
    """The canonical life of a kind of request."""
    steps = (*LIVES[kind], (0.1, StartProcess("a", rest=1.0)))
    return Scenario(
        seed=0,
        rooms=(ROOM,),
        steps=tuple(sorted(steps, key=lambda each: each[0])),
        people=_SLOW if kind is Kind.HANG_UP else {},
        switches=switches,
        horizon=12.0,
    )


def deaths(scenario: Scenario) -> Iterator[Death]:
    """Every death that the life can die."""
    names: list[str] = []

    def count(process: Process, name: str, act: Act | None) -> bool:
        if process.name == "a" and _matters(name, act):
            names.append(f"{name} {act.kind if act else ''}".strip())
        return False

    run(scenario, interference=Interference(dies_at=count))
    for number, where in enumerate(names, 1):
        yield Death(number, where)
        if where.startswith("left"):
            yield Death(number, where, Fate.LATE)
            yield Death(number, where, Fate.LOST)


def die(
    scenario: Scenario,
    death: Death,
    mutation: Mutation = WHOLE,
    store: Shared | None = None,
) -> Report:
    """Live the life until that death, and let another process go on."""
    interference = Interference(
        dies_at=_executioner(death.at),
        loses=lambda act: death.fate is Fate.LOST and not act.process.alive,
        delays=lambda act: (
            45.0 if death.fate is Fate.LATE and not act.process.alive else 0.0
        ),
    )
    return run(scenario, store=store, interference=interference, mutation=mutation)


def _executioner(last: int) -> Point:
    lived = 0

    def dies_at(process: Process, name: str, act: Act | None) -> bool:
        nonlocal lived
        if process.name != "a" or not _matters(name, act):
            return False
        lived += 1
        return lived == last

    return dies_at


def _matters(name: str, act: Act | None) -> bool:
    return act is not None or name.startswith(("before", "after"))

"""Rare states that runs reach: counted, with a floor each.

Promises are only tried in the states that runs reach. A change of the generator or of
the product after which a state is reached seldom makes the simulation weaker without
any test failing: so each state has a floor.
"""

from collections.abc import Callable, Iterator

from msgspec import Struct

from reconciler.engine.room.outcome import Outcome
from reconciler.model.action import Change
from reconciler.planning.plan import Plan
from reconciler.play.in_memory.memory_store import InMemoryStore
from reconciler.play.scenarios.trouble import Site
from reconciler.play.world.act import Act, Kind
from reconciler.play.world.run import Report
from reconciler.play.world.run_journal import RunJournal

JUDGED_SEEDS = 500
"""Fewer seeds say too little: their counts are shown, and not judged."""

PER = 1000
"""Floors are of so many seeds."""


class RareState(Struct, frozen=True):
    """A state, whether a run reached it, and of how many seeds in 1,000 at least."""

    name: str
    reached: Callable[[Report], bool]
    floor: int


def _event(kind: str) -> Callable[[Report], bool]:
    return lambda of: any(event.kind == kind for _, event in of.journal.events)


def _recorded(kind: str) -> Callable[[Report], bool]:
    """An event of a person's, which no pass writes."""

    def reached(of: Report) -> bool:
        store = of.world.store
        rows = store.tables.events if isinstance(store, InMemoryStore) else ()
        return any(event.kind == kind for event in rows)

    return reached


def _act(test: Callable[[Act], bool]) -> Callable[[Report], bool]:
    return lambda of: any(map(test, of.journal.acts))


def _plan(test: Callable[[Plan], bool]) -> Callable[[Report], bool]:
    return lambda of: any(map(test, _plans(of.journal)))


def _plans(journal: RunJournal) -> Iterator[Plan]:
    for reported in journal.passes:
        yield (reported.made.planned or reported.made.evaluation).plan


def _guard(name: str) -> Callable[[Report], bool]:
    return _plan(lambda plan: any(withheld.guard == name for withheld in plan.withheld))


def _outcome(result: Outcome) -> Callable[[Report], bool]:
    return lambda of: any(
        outcome.result is result
        for x in of.journal.passes
        for outcome in x.made.outcomes
    )


def _struck(site: Site) -> Callable[[Report], bool]:
    return lambda of: any(strike.site is site for strike in of.world.trouble.struck)


def _line(word: str) -> Callable[[Report], bool]:
    return lambda of: any(word in line.what for line in of.journal.lines)


def _is_lost(act: Act) -> bool:
    return act.kind is Kind.CREATE and act.left_at is not None and act.effect is None


def _outlived(act: Act) -> bool:
    killed_at = act.process.killed_at
    dead = killed_at is not None and act.effect_at is not None
    return dead and act.took and (act.effect_at or 0.0) > (killed_at or 0.0)


def _between_record_and_request(of: Report) -> bool:
    """A process died after an attempt was committed and before its request left."""
    sent = {x.attempt.id for x in of.journal.acts if x.attempt and x.left_at}
    return bool(of.journal.attempts.keys() - sent)


def _two_conferences(of: Report) -> bool:
    state = of.world.exchange.state
    names = [conference.name for conference in state.conferences.values()]
    return len(names) > len(set(names))


def _two_processes(of: Report) -> bool:
    pairs = {(act.room, act.process.name) for act in of.journal.acts}
    return len(pairs) > len({room for room, _ in pairs})


def _status(status: int) -> Callable[[Report], bool]:
    def reached(of: Report) -> bool:
        history = of.world.exchange.history
        written = any(write.status == status for write in history.writes)
        return written or any(read.status == status for read in history.reads)

    return reached


def _stale(of: Report) -> bool:
    return any(read.fault == "stale" for read in of.world.exchange.history.reads)


def _is_safety(plan: Plan) -> bool:
    return any(isinstance(action, Change) and action.safety for action in plan.actions)


def _is_unread(plan: Plan) -> bool:
    return any(withheld.guard.startswith("unread-file") for withheld in plan.withheld)


STATES = (
    RareState("a create is lost on its way", _act(_is_lost), 150),
    RareState("a write takes effect after its process died", _act(_outlived), 40),
    RareState(
        "an attempt is on record whose request never left",
        _between_record_and_request,
        60,
    ),
    RareState(
        "a process stops a request of its own before it leaves",
        _act(lambda x: x.withdrawn),
        15,
    ),
    RareState("a lost call is found", _event("attempt.adopted"), 110),
    RareState("an attempt becomes another member's", _event("attempt.reassigned"), 110),
    RareState("a person must decide about a lost call", _event("member.stalled"), 300),
    RareState("two processes act in one room", _two_processes, 380),
    RareState("a process stands still", _line("stands still for"), 80),
    RareState("a process hangs for ever", _line("hangs for ever"), 15),
    RareState("the database fails", _struck(Site.FAIL), 90),
    RareState("Twilio asks to send less", _status(429), 5),
    RareState("a listing is older than the one before", _stale, 20),
    RareState("a look is incomplete", _plan(lambda x: x.unknown is not None), 150),
    RareState("the outcome of a request is unknown", _outcome(Outcome.UNKNOWN), 200),
    RareState("who is to be changed is gone", _outcome(Outcome.GONE), 2),
    RareState("a coach is silenced before anything else", _plan(_is_safety), 35),
    RareState("a conference ends and its name comes back", _two_conferences, 160),
    RareState("removals are withheld", _guard("limits.removals"), 40),
    RareState("rings are withheld", _guard("limits.rings"), 14),
    RareState("somebody protected is to be removed", _guard("protected"), 8),
    RareState("an emptied roster is withheld", _guard("emptied-roster"), 70),
    RareState("rings wait for phones of another room", _guard("on-the-line"), 14),
    RareState("a change waits for a redial", _guard("needs-redial"), 35),
    RareState("a renamed room waits for its phones", _guard("released-room"), 80),
    RareState("a file that was just written holds back", _plan(_is_unread), 3),
    RareState("the last one in stays", _guard("nobody-connected"), 18),
    RareState("a plan is approved", lambda of: bool(of.journal.approvals), 6),
    RareState("an override ends", _recorded("override.ended"), 125),
)

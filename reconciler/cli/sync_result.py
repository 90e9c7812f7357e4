"""Result of ``reconciler sync`` as text, JSON and exit code."""

from dataclasses import dataclass, field

from reconciler.cli.effective_text import effective_data, pin_lines
from reconciler.cli.exit import (
    BUSY,
    FAILED,
    INTERRUPTED,
    INVALID,
    NOT_CONVERGED,
    UNREACHABLE,
    WITHHELD,
)
from reconciler.cli.json_output import print_json
from reconciler.cli.options import current
from reconciler.cli.output import echo
from reconciler.cli.roster_load import load_data, load_lines
from reconciler.cli.text import condition_lines, heading, withheld_lines
from reconciler.engine.room.evaluate import RoomPhase
from reconciler.engine.room.outcome import UNSENT, ActionOutcome, Outcome
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.files import Loading
from reconciler.model.action import Verb
from reconciler.model.errors import RoomBusy
from reconciler.model.load_result import Loaded
from reconciler.model.masking import mask
from reconciler.planning.describe import counted, quoted
from reconciler.planning.plan import Phase, Plan
from reconciler.planning.retry import place
from reconciler.planning.serialize import plan_data, plans_data

_UNREAD = "not read before the timeout"


@dataclass(slots=True)
class SyncResult:
    """What it came to: the last pass of each room and every deed.

    ``unread`` are rooms that nobody read before the time was up; ``timed`` says
    that there was any time.
    """

    loading: Loading
    loaded: Loaded
    passes: dict[str, ReconcileResult] = field(default_factory=dict)
    outcomes: dict[str, list[ActionOutcome]] = field(default_factory=dict)
    busy: dict[str, RoomBusy] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    timed: bool = True
    interrupted: bool = False

    @property
    def converged(self) -> bool:
        """Whether every room was seen to be as declared."""
        return not (self.interrupted or self.busy or self.unread) and all(
            reconciled.state is RoomPhase.CONVERGED
            for reconciled in self.passes.values()
        )

    @property
    def unreachable(self) -> bool:
        """Whether Twilio answered nothing in time, or nothing that can be used."""
        silent = bool(self.unread) and self.timed and not self.passes
        unknown = (
            reconciled.state is RoomPhase.UNKNOWN for reconciled in self.passes.values()
        )
        return silent or any(unknown)


def print_result(result: SyncResult) -> None:
    """Print what a sync came to, as text or JSON."""
    if current().json:
        rooms = [
            plan_data(
                reconciled.evaluation.plan,
                str(reconciled.state),
                [(each.action, str(each.result)) for each in _tried(result, room)],
            )
            | effective_data(reconciled.evaluation.desired)
            for room, reconciled in sorted(result.passes.items())
        ]
        rooms += [
            plan_data(Plan(room, 0, unknown=_UNREAD), str(RoomPhase.UNKNOWN), [])
            for room in result.unread
        ]
        data = plans_data(rooms, converged=result.converged)
        print_json({**data, **load_data(result.loading, result.loaded)})
        return
    for line in _lines(result):
        echo(line, color=current().color)


def _lines(result: SyncResult) -> list[str]:
    lines: list[str] = []
    lines += load_lines(result.loaded)
    for room, reconciled in sorted(result.passes.items()):
        worked = [
            outcome
            for outcome in _tried(result, room)
            if outcome.result is Outcome.DONE
        ]
        lines.append(f"{heading(reconciled.evaluation)} — {_counts(worked)}")
        if reconciled.state in {RoomPhase.PAUSED, RoomPhase.RELEASED}:
            lines.append(f"  ! skipped. To continue: reconciler resume {quoted(room)}")
        lines += pin_lines(reconciled.evaluation.desired)
        lines += withheld_lines(reconciled.evaluation.plan)
        lines += [
            mask(f"  . {each.label}: {each.reason}")
            for each in reconciled.evaluation.plan.waiting
        ]
        lines += _about(reconciled)
        lines += [
            mask(f"  x {outcome.action.label}: {outcome.message}")
            for outcome in reconciled.outcomes
            if outcome.result in {Outcome.FAILED, Outcome.UNTAKEN}
        ]
    lines += [f"{room}: unknown — {_UNREAD}" for room in result.unread]
    if result.interrupted:
        lines.append(_under_way(result))
    return lines


def _about(reconciled: ReconcileResult) -> list[str]:
    """What is to be said of the room as a whole, but for what its heading says."""
    plan = reconciled.evaluation.plan
    lines = list(condition_lines(plan))
    called = {
        outcome.action.label for outcome in reconciled.outcomes if _called(outcome)
    }
    rings = [each.label for each in plan.actions if each.verb is Verb.RING]
    later = [label for label in rings if label not in called]
    if later:
        people = counted(len(later), "person", "people")
        lines.append(f"  . {people} not called yet: {', '.join(later)}")
    return lines


def _called(outcome: ActionOutcome) -> bool:
    return outcome.result not in UNSENT and outcome.action.verb is Verb.RING


def _tried(result: SyncResult, room: str) -> list[ActionOutcome]:
    """Deeds that were begun: what was paced or skipped comes again."""
    return [
        outcome
        for outcome in result.outcomes.get(room, [])
        if outcome.result not in UNSENT
    ]


def _counts(outcomes: list[ActionOutcome]) -> str:
    if not outcomes:
        return "nothing to do"
    verbs = [outcome.action.verb for outcome in outcomes]
    words = {Verb.RING: "rang", Verb.CHANGE: "changed", Verb.REMOVE: "removed"}
    return ", ".join(
        f"{word} {verbs.count(verb)}" for verb, word in words.items() if verb in verbs
    )


def _under_way(result: SyncResult) -> str:
    people = [
        f"{each.member.label} ({each.phase})"
        for reconciled in result.passes.values()
        for each in reconciled.evaluation.plan.people
        if each.phase in {Phase.DIALING, Phase.RINGING}
    ]
    people += [
        f"{outcome.action.label} (just called)"
        for reconciled in result.passes.values()
        for outcome in reconciled.outcomes
        if outcome.action.verb is Verb.RING and outcome.result is Outcome.DONE
    ]
    way = f"Under way: {', '.join(people)}. " if people else ""
    return f"Interrupted; nobody was hung up. {way}To continue: reconciler sync"


def _refused(result: SyncResult, reconciled: ReconcileResult) -> bool:
    """Whether the room is not as declared, and the last try of a request was refused."""
    last = {
        (place(outcome.action) or outcome.action.label): outcome.result
        for outcome in _tried(result, reconciled.room)
    }
    return (
        reconciled.state is not RoomPhase.CONVERGED and Outcome.FAILED in last.values()
    )


def exit_code(result: SyncResult) -> int:
    """The first that holds; NOT_CONVERGED if nothing else does."""
    passes = result.passes.values()
    codes = (
        (INTERRUPTED, result.interrupted),
        (BUSY, bool(result.busy)),
        (UNREACHABLE, result.unreachable),
        (FAILED, any(_refused(result, reconciled) for reconciled in passes)),
        (INVALID, bool(result.loading.refused or result.loaded.foreign)),
        (0, result.converged),
        (WITHHELD, any(map(_waits_for_a_person, passes))),
    )
    return next((code for code, holds in codes if holds), NOT_CONVERGED)


def _waits_for_a_person(reconciled: ReconcileResult) -> bool:
    untouched = reconciled.state in {RoomPhase.PAUSED, RoomPhase.RELEASED}
    return reconciled.evaluation.plan.stalled or untouched

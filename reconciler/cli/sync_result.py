"""Result of ``reconciler sync`` as text or JSON."""

from reconciler.bootstrap.sync_record import UNREAD, SyncRecord
from reconciler.cli.effective_text import pin_lines
from reconciler.cli.json_output import print_json
from reconciler.cli.options import current
from reconciler.cli.output import echo
from reconciler.cli.roster_load import load_lines
from reconciler.cli.text import condition_lines, heading, withheld_lines
from reconciler.engine.room.evaluation import RoomPhase
from reconciler.engine.room.outcome import UNSENT, ActionOutcome, Outcome
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.model.action import Action, Remove, Verb
from reconciler.model.masking import mask
from reconciler.planning.describe import counted, quoted
from reconciler.planning.plan import Phase


def print_result(result: SyncRecord) -> None:
    """Print what a sync came to, as text or JSON."""
    if current().json:
        from reconciler.bootstrap.result_data import sync_data  # noqa: PLC0415 - for JSON alone

        print_json(sync_data(result))
        return
    for line in _lines(result):
        echo(line, color=current().color)


def _lines(result: SyncRecord) -> list[str]:
    lines: list[str] = []
    lines += load_lines(result.loaded)
    for room, reconciled in sorted(result.passes.items()):
        worked = [
            outcome for outcome in result.tried(room) if outcome.result is Outcome.DONE
        ]
        lines.append(f"{heading(reconciled.evaluation)} — {_done(reconciled, worked)}")
        lines += pin_lines(reconciled.evaluation.desired)
        lines += withheld_lines(reconciled.evaluation.plan)
        lines += [
            mask(f"  . {wait.label}: {wait.reason}")
            for wait in reconciled.evaluation.plan.waiting
        ]
        lines += _about(reconciled)
        lines += [
            mask(f"  x {outcome.action.label}: {outcome.message}")
            for outcome in reconciled.outcomes
            if outcome.result in {Outcome.FAILED, Outcome.UNTAKEN}
        ]
    lines += [f"{room}: unknown — {UNREAD}" for room in result.unread]
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
    rings = [action.label for action in plan.actions if action.verb is Verb.RING]
    later = [label for label in rings if label not in called]
    if later:
        people = counted(len(later), "person", "people")
        lines.append(f"  . {people} not called yet: {', '.join(later)}")
    return lines


def _called(outcome: ActionOutcome) -> bool:
    return outcome.result not in UNSENT and outcome.action.verb is Verb.RING


def _done(reconciled: ReconcileResult, outcomes: list[ActionOutcome]) -> str:
    """What was done in a room, and why no more of it."""
    evaluation, counts = reconciled.evaluation, _counts(outcomes)
    if reconciled.state in {RoomPhase.PAUSED, RoomPhase.RELEASED}:
        skipped = f"skipped. To continue: reconciler resume {quoted(evaluation.room)}"
        return f"{counts}, then {skipped}" if counts else skipped
    if reconciled.state is RoomPhase.CONVERGED:
        return counts or "nothing to do"
    withheld = len(evaluation.plan.withheld)
    counts = counts or "nothing done"
    return f"{counts}, {withheld} withheld" if withheld else counts


def _counts(outcomes: list[ActionOutcome]) -> str:
    """How many actions of each verb, "" where there was none."""
    ended = [outcome for outcome in outcomes if _ends_conference(outcome.action)]
    verbs = [outcome.action.verb for outcome in outcomes if outcome not in ended]
    words = {Verb.RING: "rang", Verb.CHANGE: "changed", Verb.REMOVE: "removed"}
    counts = [
        f"{word} {verbs.count(verb)}" for verb, word in words.items() if verb in verbs
    ]
    return ", ".join([*counts, *(["ended the conference"] if ended else [])])


def _ends_conference(action: Action) -> bool:
    return isinstance(action, Remove) and action.call_sid is None


def _under_way(result: SyncRecord) -> str:
    people = [
        f"{person.member.label} ({person.phase})"
        for reconciled in result.passes.values()
        for person in reconciled.evaluation.plan.people
        if person.phase in {Phase.DIALING, Phase.RINGING}
    ]
    people += [
        f"{outcome.action.label} (just called)"
        for reconciled in result.passes.values()
        for outcome in reconciled.outcomes
        if outcome.action.verb is Verb.RING and outcome.result is Outcome.DONE
    ]
    way = f"Under way: {', '.join(people)}. " if people else ""
    return f"Interrupted; nobody was hung up. {way}To continue: reconciler sync"

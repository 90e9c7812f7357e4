"""The next step for one member, derived from the plan."""

from msgspec import Struct

from reconciler.engine.desired_room import Standing
from reconciler.model.action import Action
from reconciler.operations.evaluated_room import EvaluatedRoom, taking_back
from reconciler.planning.describe import describe, quoted
from reconciler.planning.permission import GUARD
from reconciler.planning.plan import Phase, Plan, Waiting
from reconciler.planning.unsupported import UNSUPPORTED

SOON = "by the daemon, or by the next 'reconciler sync'"


class NextStep(Struct, frozen=True):
    """``at`` is Unix time, None where it is at once or depends on somebody."""

    what: str
    at: float | None = None


def next_step(seen: EvaluatedRoom, label: str, now: float) -> NextStep:
    """What happens next to *label*; the first that holds.

    the room is released, paused or not known   nothing, and why
    something is done                           that, soon
    something is withheld                       nothing until approved, or at all
    something is waited for                     that, at its time
    otherwise                                   nothing
    """
    desired, plan = seen.desired, seen.evaluation.plan
    if desired.standing is Standing.RELEASED:
        return NextStep(f"nothing — the room is released. {_back(seen)}")
    if desired.standing is Standing.PAUSED:
        until = desired.paused_until
        back = f"reconciler resume {quoted(seen.evaluation.room)}"
        ends = "the pause ends" if until else f"nothing until the pause ends: {back}"
        return NextStep(ends, until)
    if plan.unknown is not None:
        return NextStep("Twilio will be asked again")
    return _planned(plan, label, now)


def _back(seen: EvaluatedRoom) -> str:
    return taking_back(seen.evaluation.room, seen.desired)


def _planned(plan: Plan, label: str, now: float) -> NextStep:
    actions = [action for action in plan.actions if action.label == label]
    if actions:
        return NextStep(f"{'; '.join(map(_doing, actions))} — {SOON}")
    held = [withheld for withheld in plan.withheld if withheld.action.label == label]
    if held and held[0].guard == GUARD:
        return NextStep(
            f"nothing — withheld by the policy: {held[0].reason}. Edit the roster, or "
            "ask the operator to change the policy (RECONCILER_POLICY)"
        )
    if held and (held[0].protected or held[0].guard == UNSUPPORTED):
        return NextStep(f"nothing until somebody acts: {held[0].reason}")
    if held:
        doing = "; ".join(describe(withheld.action) for withheld in held)
        return NextStep(
            f"nothing until it is approved: {doing} is withheld by "
            f"{held[0].guard}. To allow it: reconciler approve {quoted(plan.room)}"
        )
    waits = [wait for wait in plan.waiting if wait.label == label]
    return _waited(waits[0], now) if waits else NextStep("nothing — as declared")


def _doing(action: Action) -> str:
    return f"{describe(action)}: {action.reason}"


def _waited(wait: Waiting, now: float) -> NextStep:
    if wait.until is not None:
        return NextStep(wait.reason, max(wait.until, now))
    if wait.phase is Phase.STALLED:
        return NextStep(f"nothing until somebody acts: {wait.reason}")
    if wait.settled:
        return NextStep(f"nothing — {wait.reason}")
    return NextStep(f"waiting: {wait.reason}")

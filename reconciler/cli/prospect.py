"""What happens next to one person, and when: read off the plan."""

from dataclasses import dataclass

from reconciler.cli.rooms import Seen
from reconciler.engine.ports import Standing
from reconciler.model.action import Action
from reconciler.planning.plan import Phase, Plan, Waiting
from reconciler.planning.words import what

SOON = "by the daemon, or by the next 'reconciler sync'"


@dataclass(frozen=True, slots=True)
class Prospect:
    """``at`` is Unix time, None where it is at once or depends on somebody."""

    what: str
    at: float | None = None


def prospect(seen: Seen, label: str, now: float) -> Prospect:
    """What happens next to *label*; the first that holds.

    the room is released, paused or not known   nothing, and why
    something is done                           that, soon
    something is withheld                       nothing until approved
    something is waited for                     that, at its time
    otherwise                                   nothing
    """
    desired, plan = seen.desired, seen.look.plan
    if desired.standing is Standing.RELEASED:
        return Prospect("nothing: the room is released")
    if desired.standing is Standing.PAUSED:
        until = desired.paused_until
        ends = "the pause ends" if until else "nothing: the room is paused"
        return Prospect(ends, until)
    if plan.unknown is not None:
        return Prospect("Twilio is asked again")
    return _planned(plan, label, now)


def _planned(plan: Plan, label: str, now: float) -> Prospect:
    mine = [each for each in plan.actions if each.label == label]
    if mine:
        return Prospect(f"{'; '.join(map(_doing, mine))} — {SOON}")
    held = [each for each in plan.withheld if each.action.label == label]
    if held:
        doing = "; ".join(what(each.action) for each in held)
        return Prospect(
            f"nothing until a person says so: {doing} is withheld by "
            f"{held[0].guard} ('reconciler approve {plan.room}')"
        )
    waits = [each for each in plan.waiting if each.label == label]
    return _waited(waits[0], now) if waits else Prospect("nothing: as declared")


def _doing(action: Action) -> str:
    return f"{what(action)}: {action.reason}"


def _waited(wait: Waiting, now: float) -> Prospect:
    if wait.until is not None:
        return Prospect(wait.reason, max(wait.until, now))
    if wait.phase is Phase.STALLED:
        return Prospect(f"nothing until a person acts: {wait.reason}")
    if wait.settled:
        return Prospect(f"nothing: {wait.reason}")
    return Prospect(f"waiting: {wait.reason}")

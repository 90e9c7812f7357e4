"""What came of a room, in a line of the story."""

from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.model.roster import Member, Roster
from reconciler.play.scenarios.scenario import Declare, Happening, Save


def pass_line(made: ReconcileResult, verb: str) -> str:
    """State, outcomes, what is withheld and what is waited for."""
    plan = made.evaluation.plan
    parts = [f"{verb} {made.room}: {made.state}"]
    if plan.unknown:
        parts.append(f"({plan.unknown})")
    parts += [f"{d.action.verb} {d.result} {d.message}".rstrip() for d in made.outcomes]
    parts += [f"withheld {w.guard}" for w in plan.withheld]
    parts += [f"{w.label} {w.phase}: {w.reason}" for w in plan.waiting]
    return "; ".join(parts)


def step_line(step: Happening) -> str:
    """A step of the scenario; of rosters, what can be seen of them in a room."""
    match step:
        case Declare(roster):
            return f"declares {_roster(roster)}"
        case Save(rosters, young):
            rooms = "; ".join(map(_roster, rosters)) or "nothing"
            return f"saves {rooms}" + (f" (young: {sorted(young)})" if young else "")
        case _:
            return str(step)


def _roster(roster: Roster) -> str:
    members = ", ".join(map(_member, roster.members))
    removals = roster.limits.removals
    return f"{roster.room} {roster.state} {roster.unlisted} {removals} [{members}]"


def _member(member: Member) -> str:
    flags = {
        "muted": member.muted,
        "hold": member.hold,
        "coaching": member.coaching,
        "end": member.end_conference_on_exit,
    }
    shown = [f"{name}={value}" for name, value in flags.items() if value is not None]
    policy = "/".join(member.redial.on), member.redial.attempts, member.on_change
    return " ".join((member.label, member.to, *shown, *map(str, policy)))

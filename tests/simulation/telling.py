"""What came of a room, in a line of the story."""

from reconciler.engine.reconcile import Pass


def told(made: Pass, verb: str) -> str:
    """State, deeds, what is withheld and what is waited for."""
    plan = made.look.plan
    parts = [f"{verb} {made.room}: {made.state}"]
    if plan.unknown:
        parts.append(f"({plan.unknown})")
    parts += [f"{d.action.verb} {d.result} {d.message}".rstrip() for d in made.deeds]
    parts += [f"withheld {w.guard}" for w in plan.withheld]
    parts += [f"{w.label} {w.phase}: {w.reason}" for w in plan.waiting]
    return "; ".join(parts)

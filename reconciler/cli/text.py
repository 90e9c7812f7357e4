"""Plans, passes and rooms as text for people."""

from collections.abc import Iterable, Iterator

import click

from reconciler.engine.room.evaluation import Evaluation, RoomPhase
from reconciler.model.account_name import DEFAULT_ACCOUNT
from reconciler.model.action import Action, Harm, Ring
from reconciler.model.masking import mask
from reconciler.model.observation import Participant
from reconciler.planning.describe import describe, subject
from reconciler.planning.plan import ConditionKind, Person, Phase, Plan

_MARKS = {
    Harm.RING: ("+", "green"),
    Harm.DROP: ("-", "red"),
    Harm.EXPOSE: ("~", "yellow"),
    Harm.SILENCE: ("~", "cyan"),
    Harm.NONE: ("~", "blue"),
}

MOST_NAMES = 12
"""Names in one line; ``approve`` and JSON show all."""

_COLORS = {
    RoomPhase.CONVERGED: "green",
    RoomPhase.CONVERGING: "yellow",
    RoomPhase.STALLED: "red",
    RoomPhase.UNKNOWN: "red",
}


def plan_lines(evaluation: Evaluation, about: Iterable[str] = ()) -> Iterator[str]:
    """One room of a plan: a heading, lines *about* it, a line an action and a wait."""
    plan = evaluation.plan
    yield heading(evaluation)
    yield from about
    for action in plan.actions:
        yield action_line(action)
    yield from withheld_lines(plan)
    for wait in plan.waiting:
        label = f"{wait.label}: " if wait.label else ""
        yield mask(f"  . {label}{wait.reason}")
    yield from condition_lines(plan)


def condition_lines(plan: Plan) -> Iterator[str]:
    """What is to be said of the room as a whole, but for what its heading says.

    People to be called are actions of a plan already.
    """
    for condition in plan.conditions:
        if (
            condition is not plan.blocked
            and condition.kind is not ConditionKind.NOT_CALLED
        ):
            mark = "." if condition.kind is ConditionKind.GROUP else "!"
            yield mask(f"  {mark} {condition.text}")
    yield from left_out_lines(plan)


def left_out_lines(plan: Plan) -> Iterator[str]:
    """What is not done as it concerns nobody whom --target names."""
    for action in plan.left_out:
        yield mask(f"  - {subject(action)}: {describe(action)} left out: not a target")


def heading(evaluation: Evaluation) -> str:
    """The room and its state."""
    plan = evaluation.plan
    state = click.style(
        str(evaluation.state), fg=_COLORS.get(evaluation.state), bold=True
    )
    sid = f" {plan.conference.sid}" if plan.conference else ""
    why = plan.unknown or _blocked(evaluation)
    reason = f": {mask(why)}" if why else ""
    about = f"(generation {plan.generation}{_account(evaluation)})"
    return f"{mask(plan.room)}{sid} {about}: {state}{reason}"


def _account(evaluation: Evaluation) -> str:
    """The account that acts in the room, "" for that of the environment."""
    name = evaluation.desired.account if evaluation.desired else DEFAULT_ACCOUNT
    return "" if name == DEFAULT_ACCOUNT else f", account {name}"


def _blocked(evaluation: Evaluation) -> str:
    condition = evaluation.plan.blocked
    return (
        condition.text if condition and evaluation.state is not RoomPhase.PAUSED else ""
    )


def action_line(action: Action, result: str = "") -> str:
    """One action: its mark, whom it is about, what is done, the harm, why."""
    mark, color = _MARKS[action.harm]
    harm = "" if action.harm is Harm.NONE else f" [{action.harm}]"
    end = f" → {result}" if result else ""
    line = (
        f"  {mark} {subject(action)}: {describe(action)}{harm} — {action.reason}{end}"
    )
    return click.style(mask(line), fg=color)


def withheld_lines(plan: Plan) -> Iterator[str]:
    """What guards stopped: a line for all of whom the same is to be said."""
    alike: dict[tuple[str, str, str], list[Action]] = {}
    for withheld in plan.withheld:
        doing = (
            "ring" if isinstance(withheld.action, Ring) else describe(withheld.action)
        )
        alike.setdefault((doing, withheld.guard, withheld.reason), []).append(
            withheld.action
        )
    for (doing, guard, reason), actions in alike.items():
        if len(actions) == 1:
            yield withheld_line(actions[0], guard, reason)
        else:
            yield _withheld(_names(actions), doing, guard, reason)


def _names(actions: list[Action]) -> str:
    """Whom *actions* are about, with a count of those beyond the first."""
    names = [subject(action) for action in actions[:MOST_NAMES]]
    more = len(actions) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")


def withheld_line(action: Action, guard: str, reason: str) -> str:
    """One action that a guard stopped."""
    return _withheld(subject(action), describe(action), guard, reason)


def _withheld(names: str, doing: str, guard: str, reason: str) -> str:
    line = f"  ! {names}: {doing} withheld by {guard}: {reason}"
    return click.style(mask(line), fg="magenta")


def summary(plans: Iterable[Plan]) -> str:
    """One line over all rooms of a plan."""
    found = list(plans)
    counts = [
        f"{sum(sum(str(a.verb) == verb for a in plan.actions) for plan in found)} to "
        f"{verb}"
        for verb in ("ring", "change", "remove")
    ]
    counts.append(f"{sum(len(plan.withheld) for plan in found)} withheld")
    counts.append(f"{sum(len(plan.waiting) for plan in found)} waiting")
    return ", ".join(counts)


def person_state(person: Person, now: float) -> str:
    """A member in a few words: ``ringing 12 s``, ``connected, muted``."""
    if person.phase is Phase.CONNECTED and person.leg:
        extra = f" ({mask(person.reason)})" if person.reason else ""
        return ", ".join(["connected", *leg_words(person.leg)]) + extra
    words = str(person.phase)
    if person.since is not None:
        words += f" {max(0.0, now - person.since):.0f} s"
    if person.until is not None:
        words += f", retry in {max(0.0, person.until - now):.0f} s"
    reason = person.reason.removeprefix(f"{person.phase}: ")
    plain = reason in {"", str(person.phase)}
    return words if plain else f"{words}: {mask(reason)}"


def leg_state(leg: Participant) -> str:
    """A leg in a few words: ``connected, muted``."""
    return ", ".join([str(leg.status), *leg_words(leg)])


def leg_words(leg: Participant) -> list[str]:
    """How a connected leg takes part."""
    return [
        word
        for word, true in (
            ("muted", leg.muted),
            ("on hold", leg.hold),
            ("coaching", leg.coaching),
            ("ends the conference on exit", leg.end_conference_on_exit),
        )
        if true
    ]

"""Actions in words: with the names of people in place of their calls."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from reconciler.model.action import Action, Change
from reconciler.planning.describe import describe, subject
from reconciler.planning.plan import Plan, Withheld


class WithheldGroup(Struct, frozen=True):
    """Actions that one guard stopped for one reason, each with whom it is about."""

    guard: str
    reason: str
    actions: tuple[tuple[str, str], ...]


def call_names(plan: Plan) -> dict[str, str]:
    """The labels of members, and of former ones, by their calls."""
    names = {leg.call_sid: label for label, leg in plan.dismissed}
    return names | {leg.call_sid: x.member.label for x in plan.people for leg in x.legs}


def described(action: Action, names: Mapping[str, str]) -> str:
    """What is done, with the names of members for their calls."""
    text = describe(action)
    for field in action.field_changes if isinstance(action, Change) else ():
        target = names.get(str(field.after))
        text = text.replace(str(field.after), target) if target else text
    return text


def withheld_groups(
    withheld: Sequence[Withheld], names: Mapping[str, str]
) -> Iterator[WithheldGroup]:
    """What is withheld, in its order, each reason once."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for each in withheld:
        words = (subject(each.action), described(each.action, names))
        found.setdefault((str(each.guard), each.reason), []).append(words)
    for (guard, reason), actions in found.items():
        yield WithheldGroup(guard, reason, tuple(actions))

"""``coaching`` of a member, and checks across the room."""

from collections.abc import Mapping

from yaml.nodes import Node, ScalarNode

from reconciler.files.label import is_call_sid
from reconciler.files.mapping import Entry, did_you_mean, shown
from reconciler.files.scalar import text, unquoted_form
from reconciler.files.yaml_text import Page
from reconciler.model.roster import Member
from reconciler.planning.circle import circles


def read_coaching(page: Page, entries: dict[str, Entry]) -> str | bool | None:
    """A label, a call SID, False for nobody; None for no opinion."""
    entry, sid = entries.get("coaching"), entries.get("call_sid_to_coach")
    call_sid = _call_sid(page, sid.value) if sid else None
    if entry is None:
        return call_sid
    whom = _whom(page, entry.value)
    if sid is None and whom is True:
        page.wrong(
            entry.value,
            "coaching: true does not name the participant to coach",
            "write the label of a participant, or add call_sid_to_coach",
        )
    if sid is not None and whom not in {True, None}:
        page.wrong(
            sid.key,
            "coaching is given twice, with different values",
            "give either coaching: label or call_sid_to_coach",
        )
    return call_sid if whom is True else whom


def _call_sid(page: Page, node: Node) -> str | None:
    value = text(page, "call_sid_to_coach", node)
    if value is None or is_call_sid(value):
        return value
    message = "call_sid_to_coach must be CA followed by 32 hexadecimal digits"
    page.wrong(node, message, "for a label write coaching: label")
    return None


def _whom(page: Page, node: Node) -> str | bool | None:
    if isinstance(node, ScalarNode) and unquoted_form(node) == "boolean":
        if node.value in {"true", "false"}:
            return bool(node.value == "true")
        page.wrong(node, "coaching must be a label, true or false", "in small letters")
        return None
    return text(page, "coaching", node)


def check_coaching(
    page: Page, members: Mapping[str, Member], places: Mapping[str, Node]
) -> None:
    """Note coaches of nobody, of themselves, in a circle, or of somebody on hold.

    *places* has the coaching value of each label that gives one.
    """
    for label, node in places.items():
        target = members[label].coaching
        if isinstance(target, str) and not _is_sid_of(target, members):
            _check_target(page, label, target, members, node)
    for circle in circles(members, lambda label: _target(members, label)):
        path = " → ".join((*circle, circle[0]))
        hint = f"remove coaching from {circle[0]}, or from another of them"
        page.wrong(places[circle[0]], f"circular coaching: {path}", hint)


def _is_sid_of(target: str, members: Mapping[str, Member]) -> bool:
    return target not in members and is_call_sid(target)


def _check_target(
    page: Page, label: str, target: str, members: Mapping[str, Member], node: Node
) -> None:
    if target == label:
        hint = "name another participant, or remove coaching"
        page.wrong(node, f"{shown(label)} cannot coach themselves", hint)
    elif target not in members:
        others = (
            [member for member in members if member != label]
            if page.may_guess()
            else ()
        )
        said = node.value if isinstance(node, ScalarNode) else target
        hint = did_you_mean(target, others) if said == target else ""
        page.wrong(node, f"no participant has the label {shown(said)}", hint)
    elif members[target].hold:
        page.warn(
            node,
            f"{shown(target)} is declared on hold and cannot hear a coach",
            f"remove hold: true from {shown(target)}, or the coaching",
        )


def _target(members: Mapping[str, Member], label: str) -> str | None:
    target = members[label].coaching
    return target if isinstance(target, str) and target in members else None

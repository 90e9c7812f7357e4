"""Plans and rooms as data for ``--output json``.

Secrets are references, as everywhere that is shown. Numbers are masked; with *numbers*
those of members are not.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.model.action import Action, Change, Remove, Ring, Verb
from reconciler.model.masking import mask
from reconciler.model.observation import Participant
from reconciler.model.roster import DEFAULT_PRIORITY, Machine, Member
from reconciler.planning.describe import shown
from reconciler.planning.plan import Person, Plan, Withheld

FORMAT_VERSION = "1"

Data = dict[str, Any]


def action_data(
    action: Action, result: str | None = None, *, numbers: bool = False
) -> Data:
    """One action. ``result`` is None until it was tried."""
    return {
        "verb": str(action.verb),
        "label": action.label,
        "call_sid": None if isinstance(action, Ring) else action.call_sid,
        "fields": _fields(action, numbers=numbers),
        "harm": str(action.harm),
        "reason": mask(action.reason),
        "result": result,
    }


def plan_data(
    plan: Plan,
    state: str,
    done: Sequence[tuple[Action, str]] | None = None,
    *,
    numbers: bool = False,
) -> Data:
    """One room. With *done*, its actions are those with their results."""
    actions = (
        [action_data(action, numbers=numbers) for action in plan.actions]
        if done is None
        else [action_data(action, result, numbers=numbers) for action, result in done]
    )
    return {
        "conference": plan.room,
        "conference_sid": plan.conference.sid if plan.conference else None,
        "generation": plan.generation,
        "state": state,
        "reason": mask(plan.unknown) if plan.unknown else None,
        "actions": actions,
        "withheld": [
            _withheld(withheld, numbers=numbers) for withheld in plan.withheld
        ],
        "groups": _groups(plan),
        "left_out": [action_data(each, numbers=numbers) for each in plan.left_out],
        "waiting": [
            {"label": wait.label, "reason": mask(wait.reason)} for wait in plan.waiting
        ],
    }


def plans_data(rooms: Sequence[Data], *, converged: bool) -> Data:
    """All rooms of a ``plan`` or a ``sync``."""
    verbs = [action["verb"] for room in rooms for action in room["actions"]]
    return {
        "format_version": FORMAT_VERSION,
        "converged": converged,
        "rooms": list(rooms),
        "summary": {
            **{str(verb): verbs.count(verb) for verb in Verb},
            "withheld": sum(len(room["withheld"]) for room in rooms),
            "waiting": sum(len(room["waiting"]) for room in rooms),
        },
    }


def status_data(plan: Plan, state: str, *, numbers: bool = False) -> Data:
    """One room, desired beside observed."""
    labels = {leg.call_sid: leg.label for leg in _legs(plan)}
    labels |= {leg.call_sid: label for label, leg in plan.dismissed}
    labels |= {
        leg.call_sid: person.member.label
        for person in plan.people
        for leg in person.legs
    }
    return {
        "conference": plan.room,
        "conference_sid": plan.conference.sid if plan.conference else None,
        "generation": plan.generation,
        "state": state,
        "reason": mask(plan.unknown) if plan.unknown else None,
        "conference_status": _conference_status(plan),
        "conditions": _conditions(plan),
        "groups": _groups(plan),
        "members": [
            _person(person, plan, labels, numbers=numbers) for person in plan.people
        ],
        "dismissed": [
            {**_leg(leg, labels), "label": label} for label, leg in plan.dismissed
        ],
        "unlisted": [
            {**_leg(leg, labels), "reason": mask(plan.doubts.get(leg.call_sid, ""))}
            for leg in plan.unlisted
        ],
    }


def _conditions(plan: Plan) -> list[Data]:
    return [
        {
            "kind": str(condition.kind),
            "message": condition.text,
            "blocking": condition.blocking,
        }
        for condition in plan.conditions
    ]


def _groups(plan: Plan) -> list[Data]:
    return [
        {
            "name": group.name,
            "want": group.want,
            "in": list(group.inside),
            "others": {label: word or "standby" for label, word in group.others},
        }
        for group in plan.groups
    ]


def _conference_status(plan: Plan) -> str | None:
    return str(plan.conference.status) if plan.conference else None


def in_sync(label: str, plan: Plan) -> bool:
    """Whether nothing is to be done, withheld or waited for."""
    actions = (*plan.actions, *(withheld.action for withheld in plan.withheld))
    return not (
        any(action.label == label for action in actions)
        or any(wait.label == label and not wait.settled for wait in plan.waiting)
    )


def _legs(plan: Plan) -> list[Participant]:
    return [leg for person in plan.people for leg in person.legs] + list(plan.unlisted)


def _fields(action: Action, *, numbers: bool) -> Data:
    match action:
        case Ring():
            return {
                name: {"from": None, "to": shown(name, value, numbers=numbers)}
                for name, value in action.fields
            }
        case Change():
            return {
                field_change.name: {
                    "from": shown(
                        field_change.name, field_change.before, numbers=numbers
                    ),
                    "to": shown(field_change.name, field_change.after, numbers=numbers),
                }
                for field_change in action.field_changes
            }
        case Remove():
            return {}


def _withheld(withheld: Withheld, *, numbers: bool) -> Data:
    data = action_data(withheld.action, numbers=numbers)
    return {**data, "reason": mask(withheld.reason), "guard": withheld.guard}


def _person(
    person: Person, plan: Plan, labels: Mapping[str, str | None], *, numbers: bool
) -> Data:
    label = person.member.label
    reasons = [action.reason for action in plan.actions if action.label == label]
    return {
        "label": label,
        "desired": desired_data(person.member, numbers=numbers),
        "observed": _leg(person.leg, labels) if person.leg else None,
        "legs": [_leg(leg, labels) for leg in person.legs],
        "phase": str(person.phase),
        "in_sync": in_sync(label, plan),
        "reason": mask(person.reason or "; ".join(reasons)),
    }


def desired_data(member: Member, *, numbers: bool = False) -> Data:
    """What the roster declares of a member; what it leaves open is left out."""
    declared: Data = {
        "to": member.to,
        "from": member.sender,
        "muted": member.muted,
        "hold": member.hold,
        "coaching": member.coaching,
        "end_conference_on_exit": member.end_conference_on_exit,
        **dict(member.create_only),
        **dict(member.write_only),
        **_differing(member),
    }
    return {
        name: list(value)
        if isinstance(value, tuple)
        else shown(name, value, numbers=numbers)
        for name, value in declared.items()
        if value is not None
    }


def _differing(member: Member) -> Data:
    """What is not sent to Twilio, where the roster says another than the default."""
    return {
        "role": member.role or None,
        "protect": member.protect or None,
        "priority": None if member.priority == DEFAULT_PRIORITY else member.priority,
        "machine": None if member.machine is Machine.KEEP else str(member.machine),
        "replaces": member.replaces.label if member.replaces else None,
    }


def _leg(leg: Participant, labels: Mapping[str, str | None]) -> Data:
    return {
        "call_sid": leg.call_sid,
        "label": leg.label,
        "status": str(leg.status),
        "muted": leg.muted,
        "hold": leg.hold,
        "coaching": leg.coaching,
        "coaching_label": labels.get(leg.call_sid_to_coach or ""),
        "end_conference_on_exit": leg.end_conference_on_exit,
    }

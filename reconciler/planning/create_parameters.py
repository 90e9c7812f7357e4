"""Parameters of a create: everything declared, muted until it is safe to unmute."""

from reconciler.model.action import Ring
from reconciler.model.attempt import Attempt
from reconciler.model.parameter import BY_NAME
from reconciler.model.roster import Fields, Member, Value
from reconciler.planning.call_facts import before
from reconciler.planning.coaching import Advice
from reconciler.planning.redial import RingAllowed


def ring(
    conference: str, member: Member, advice: Advice, allowed: RingAllowed, intent: int
) -> Ring:
    """The create for *member*, into the *conference* of this SID or name."""
    said, memory = joining_fields(member, advice.pair_with)
    fields = {**dict(said), "to": member.to, "from": member.sender}
    return Ring(
        label=member.label,
        to=member.to,
        conference=conference,
        fields=tuple(sorted(fields.items())),
        memory=memory,
        intent=intent,
        number=allowed.number,
        reason=allowed.reason,
    )


def joining_fields(member: Member, target: str | None) -> tuple[Fields, Fields]:
    """Parameters with which *member* joins, and what to remember of the call.

    *target* is the call that they coach, None for none yet. A coach and a member to be
    held join muted whatever is declared: the one until the pairing was seen, the other
    until the hold was. Without what is declared for a time only they would join as by
    Twilio's defaults, in which each state is false.
    """
    careful = _careful(member)
    fields: dict[str, Value] = dict(member.create_only)
    fields |= {name: value for name, value in member.write_only if BY_NAME[name].create}
    memory: dict[str, Value] = {
        name: fields[name] for name, _ in member.write_only if name in fields
    }
    fields["label"] = member.label
    if careful or member.muted is not None:
        fields["muted"] = joins_muted(member)
    if careful and member.muted is None:
        memory["muted"] = True
    memory |= {before(x): False for x in member.for_a_time if getattr(member, x)}
    if member.end_conference_on_exit is not None:
        fields["end_conference_on_exit"] = member.end_conference_on_exit
    if target:
        fields |= {"coaching": True, "call_sid_to_coach": target}
    elif member.coaching is False:
        fields["coaching"] = False
    return tuple(sorted(fields.items())), tuple(sorted(memory.items()))


def joins_muted(member: Member) -> bool:
    """Whether *member* joins muted: nobody may hear them yet."""
    return _careful(member) or member.muted is True


def _careful(member: Member) -> bool:
    return isinstance(member.coaching, str) or member.hold is True


def redial_needed(
    member: Member, attempt: Attempt, *, found: bool = False
) -> tuple[str, ...]:
    """Names of the create-only parameters that differ from what was sent.

    Of a call that was *found* and not rung, only the address is known.
    """
    declared: dict[str, Value] = {"to": member.to}
    if found or attempt.number == 0:
        before: dict[str, Value] = {"to": attempt.to}
    else:
        before = {"to": attempt.to, **_settled_at_dial(attempt.sent)}
        declared |= {"from": member.sender, **_settled_at_dial(member.create_only)}
    names = sorted(before.keys() | declared.keys())
    return tuple(name for name in names if before.get(name) != declared.get(name))


def _settled_at_dial(fields: Fields) -> dict[str, Value]:
    return {
        name: value
        for name, value in fields
        if not BY_NAME[name].update and name != "label"
    }

"""What of a roster the operator's policy forbids, wherever the roster comes from."""

from collections.abc import Iterator

from reconciler.model.parameter import BY_NAME, ValueKind
from reconciler.model.policy import Policy
from reconciler.model.reference import MARKED
from reconciler.model.roster import Member, Roster


def roster_faults(roster: Roster, policy: Policy) -> Iterator[str]:
    """A sentence for each thing that no file may declare under *policy*.

    For a roster that is declared again without its file. Ceilings of whole plans
    are kept by ``planning.permission``.
    """
    for member in roster.members:
        for fault in _faults(member, policy):
            yield f"{member.label}: {fault}"


def _faults(member: Member, policy: Policy) -> Iterator[str]:
    if fault := policy.address_fault(member.to):
        yield f"{member.to}: {fault}"
    most = policy.ceilings.attempts
    if most is not None and member.redial.attempts > most:
        yield f"attempts is {member.redial.attempts}; the policy allows at most {most}"
    for name, value in (*member.create_only, *member.write_only):
        if isinstance(value, str):
            yield from _text_faults(name, value, policy)
    for announcement in member.announcements:
        if fault := policy.host_fault(announcement.url, media=True):
            yield f"announcement {announcement.id}: {fault}"


def _text_faults(name: str, value: str, policy: Policy) -> Iterator[str]:
    parameter = BY_NAME.get(name)
    if parameter is not None and parameter.kind is ValueKind.URL:
        fault = policy.host_fault(value, media=not name.endswith("callback"))
        if fault:
            yield f"{name}: {fault}"
    for match in MARKED.finditer(value):
        if match[1] and not policy.reads(match[1]):
            yield f"{name}: the policy does not allow rosters to read {match[1]}"

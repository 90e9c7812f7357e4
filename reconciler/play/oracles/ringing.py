"""Oracle "rings": nobody is rung twice for one intent unless the policy says so.

Judged at the exchange, when a create takes effect:

once       no attempt is sent twice
together   no other call of ours to the same member's phone is alive
address    no other call of ours to the same phone is on its way, whatever room or
           label it was for, nor is one that stands in the same room under a label
           that the roster has no more, unless more members declare the phone
           than it has calls there: each of them is rung
policy     an earlier call of the same intent that took effect is over, and the
           way in which it really ended lets the member be rung again: we took
           it out ourselves (or put on record that we would, and nobody was left to
           say whether we did, or asked for it, got no answer, and it ended as if
           we had; also where it was rung under a label that the member had before),
           or the redial policy names the cause and either
           has attempts left since the entry changed or a call lasted (they are not
           counted where a host's clock jumped: the ledger's times are its; a call that
           we ended before anybody answered uses up none), or somebody said since that
           a later request did not ring the phone, so that it is called in its place
"""

from typing import TYPE_CHECKING

from reconciler.model.action import Verb
from reconciler.model.observation import CallStatus
from reconciler.model.roster import Cause, Member
from reconciler.planning.machines import redial_of
from reconciler.planning.ownership import address
from reconciler.planning.redial import STABLE_CALL_SECONDS
from reconciler.play.oracles.removals import machine_took
from reconciler.play.world.act import Act, Kind
from reconciler.play.world.run_journal import DELAYED_SECONDS
from reconciler.simulator.exchange.records import CallRecord
from reconciler.store.queries.attempts import SETTLED_AFTER_SECONDS

if TYPE_CHECKING:
    from reconciler.play.world.world import World

_JOINING_SECONDS = 1.0
"""Seconds by which an answer and the moment of joining may differ."""

_CAUSES = {
    CallStatus.BUSY: Cause.BUSY,
    CallStatus.NO_ANSWER: Cause.NO_ANSWER,
    CallStatus.FAILED: Cause.FAILED,
    CallStatus.COMPLETED: Cause.LEFT,
    CallStatus.CANCELED: Cause.LEFT,
}


def judge_ring(world: "World", act: Act) -> None:
    """Judge a create that has just taken effect."""
    if act.call_sid is not None:
        world.journal.made[act.call_sid] = act
    before = [
        each
        for each in world.journal.acts
        if each is not act
        and each.kind is Kind.CREATE
        and each.took
        and (each.room, each.target) == (act.room, act.target)
    ]
    for each in before:
        if each.attempt and act.attempt and each.attempt.id == act.attempt.id:
            _blame(world, act, "once: its attempt was sent before")
        alive = not world.exchange.state.call(each.call_sid or "").ended
        if alive and _phone(world, each) == _phone(world, act):
            _blame(world, act, f"together: {each.call_sid} is alive")
    _judge_address(world, act)
    same = [each for each in before if _intent(each) == _intent(act)]
    if same and not _allowed(world, act, same):
        _blame(world, act, f"policy: {len(same)} earlier in this intent")


def _phone(world: "World", act: Act) -> str:
    return world.number_of(act.call_sid or "")


def _judge_address(world: "World", act: Act) -> None:
    state, phone = world.exchange.state, world.number_of(act.call_sid or "")
    for sid, made in world.journal.made.items():
        if made is act or (made.room, made.target) == (act.room, act.target):
            continue
        call = state.call(sid)
        if call.ended or world.number_of(sid) != phone:
            continue
        young = world.now - call.created_at < SETTLED_AFTER_SECONDS
        leg = state.participant(sid)
        if not leg.connected and young:
            _blame(world, act, f"address: {sid} for {made.target} is on its way")
        elif leg.connected and _renamed(world, act, made):
            _blame(world, act, f"address: {sid} is in as {made.target}")


def _renamed(world: "World", act: Act, made: Act) -> bool:
    """Whether the one who is in has only another label than before."""
    roster = act.known.roster if act.known else None
    if made.room != act.room or roster is None or roster.member(made.target):
        return False
    phone = world.number_of(act.call_sid or "")
    declaring = [member for member in roster.members if address(member.to) == phone]
    standing = [
        sid
        for sid, each in world.journal.made.items()
        if each.room == act.room
        and world.number_of(sid) == phone
        and world.exchange.state.participant(sid).connected
    ]
    return len(standing) >= len(declaring)


def _blame(world: "World", act: Act, what: str) -> None:
    whom = f"{act.target} of {act.room} by {act.process}"
    world.journal.blame("rings", world.now, f"{whom}: {what}")


def _intent(act: Act) -> int | None:
    return act.attempt.intent if act.attempt else None


def _allowed(world: "World", act: Act, same: list[Act]) -> bool:
    last = same[-1]
    if _taken_out(world, last) or _taken_over(world, act, last):
        return True
    if _was_not_rung(world, act, last):
        return True
    member = _member(world, act)
    if member is None:
        return False
    call = world.exchange.state.call(last.call_sid or "")
    if _cause(world, call) not in redial_of(member).on:
        return False
    if world.skew:
        return True
    changed_at = _changed_at(world, act, member)
    steady = [number for number, e in enumerate(same, 1) if _steady(world, e)]
    counted = same[steady[-1] :] if steady else same
    since = [
        each
        for each in counted
        if each.attempt and each.attempt.created_at >= changed_at
        if not _called_off(world, each)
    ]
    return len(since) < member.redial.attempts


def _member(world: "World", act: Act) -> Member | None:
    """Who is rung: by the roster that is known, or by that of just before.

    A ring that is on record leaves beside the next look.
    """
    before = world.journal.roster(act.room, act.begun_at - DELAYED_SECONDS)
    rosters = (act.known.roster if act.known else None, before)
    found = (roster.member(act.target) for roster in rosters if roster)
    return next((member for member in found if member), None)


def _was_not_rung(world: "World", act: Act, last: Act) -> bool:
    """Whether somebody said of a request after *last* that it did not ring the phone."""
    return any(
        last.begun_at < at <= act.begun_at and (room, label) == (act.room, act.target)
        for at, room, label in world.journal.not_rung
    )


def _cause(world: "World", call: CallRecord) -> Cause | None:
    """How a call really ended."""
    by_machine = call.answered_by is not None and machine_took(world, call.sid)
    return Cause.MACHINE if by_machine else _CAUSES.get(call.status)


def _steady(world: "World", rung: Act) -> bool:
    """Whether a call lasted so long that rings until then do not count any more."""
    call = world.exchange.state.call(rung.call_sid or "")
    if call.answered_at is None or call.ended_at is None:
        return False
    return call.ended_at - call.answered_at >= STABLE_CALL_SECONDS - _JOINING_SECONDS


def _taken_out(world: "World", rung: Act) -> bool:
    """Whether one of our own writes ended a call, or may have for all we know."""
    ended = world.exchange.state.call(rung.call_sid or "").status
    in_doubt = ended not in {CallStatus.BUSY, CallStatus.FAILED}
    if in_doubt and _removal_unconcluded(world, rung):
        return True
    return any(
        (act.took or (in_doubt and act.left_at is not None))
        and (
            act.target == rung.call_sid
            or (act.kind is Kind.COMPLETE and act.room == rung.room)
        )
        and act.kind in {Kind.DELETE, Kind.HANG_UP, Kind.COMPLETE}
        for act in world.journal.acts
    )


def _called_off(world: "World", rung: Act) -> bool:
    """Whether we ended a call before anybody answered."""
    call = world.exchange.state.call(rung.call_sid or "")
    return call.answered_at is None and _taken_out(world, rung)


def _removal_unconcluded(world: "World", rung: Act) -> bool:
    """Whether the last word on record of a removal is that it was planned."""
    kinds = [
        event.kind
        for _, event in world.journal.events
        if event.call_sid == rung.call_sid and event.kind.startswith(f"{Verb.REMOVE}.")
    ]
    return kinds[-1:] == [f"{Verb.REMOVE}.planned"]


def _taken_over(world: "World", act: Act, last: Act) -> bool:
    """Whether we took a later call out as the member's: it was rung under another label."""
    return any(
        each.kind is Kind.CREATE
        and each.took
        and each.number > last.number
        and each.room == act.room
        and each.target != act.target
        and _phone(world, each) == _phone(world, act)
        and _taken_out(world, each)
        and any(
            event.call_sid == each.call_sid
            and event.label == act.target
            and event.kind.endswith("planned")
            for _, event in world.journal.events
        )
        for each in world.journal.acts
    )


def _changed_at(world: "World", act: Act, member: Member) -> float:
    """Since when the member had been declared exactly so as the ring was sent."""
    since = 0.0
    for declared in world.journal.declared:
        if declared.roster.room != act.room or declared.at > act.begun_at:
            continue
        if declared.roster.member(member.label) != member:
            since = float("inf")
        elif since == float("inf"):
            since = declared.at
    return 0.0 if since == float("inf") else since

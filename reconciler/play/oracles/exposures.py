"""Oracles "coach" and "exposed": who is heard who should not be, because of us.

coach    a member declared to coach is heard by the room, or by another than
         the one declared; or anybody who coached is, since we took the one
         coached out (unless they are declared to coach nobody, and so to
         speak to the room)
exposed  a member declared muted or on hold is heard

An exposure is ours if one of our writes brought it about: at once, or because the
person we rang was heard on coming in and nobody had touched them since. It is judged by
what the pass behind the write knew: its roster and its listing. Who was rung so that
they are heard on coming in has no excuse: joining muted is in our hands. Otherwise what
others did to the coach or the target after that listing was true excuses it: the next
complete look must then end it, which ``judge_pass`` demands.
"""

from typing import TYPE_CHECKING

from reconciler.model.recorded_observation import Audience
from reconciler.model.roster import Member, RoomState, Roster
from reconciler.planning.flapping import SILENCE_LISTED_SECONDS
from reconciler.play.oracles.whose import owner, owners
from reconciler.play.world.act import REMOVING, Act, Kind, Knowledge
from reconciler.play.world.run_journal import Reported
from reconciler.simulator.exchange.audit_log import Exposure
from reconciler.twilio.http.timing import Timing

if TYPE_CHECKING:
    from reconciler.play.world.world import World

_SLACK_SECONDS = 0.05

RETRIED_SECONDS = Timing().write_total_seconds + 1.0
"""Seconds within which a silence that went wrong is sent again: an answer is awaited."""


def judge_exposures(world: "World") -> None:
    """Judge every exposure that was not judged yet."""
    journal, exchange = world.journal, world.exchange
    exposures = exchange.history.exposures
    while journal.judged < len(exchange.doers):
        exposure, act = exposures[journal.judged], exchange.doers[journal.judged]
        journal.judged += 1
        if exposure.audience is Audience.NOBODY:
            continue
        touched = journal.touched.get(exposure.call_sid, ())
        if act is None and not any(at <= exposure.at for at, _ in touched):
            act = journal.made.get(exposure.call_sid)
        if act is not None and act.known is not None:
            _judge(world, exposure, act, act.known)


def _judge(world: "World", heard: Exposure, act: Act, known: Knowledge) -> None:
    if act.kind in REMOVING and act.target != heard.call_sid:
        _judge_orphan(world, heard, act, known)
        return
    member = owner(world, known.roster, heard.call_sid)
    if member is None or act.room != known.room:
        return
    label = member.label
    wrong = _wrong(world, heard, member, known.roster)
    if wrong and (act.kind is Kind.CREATE or not _excused(world, heard, member, known)):
        oracle, what = wrong
        world.journal.blame(
            oracle,
            heard.at,
            f"{label} is heard by {what} by {act.process}'s {act.kind}",
        )


def _judge_orphan(world: "World", heard: Exposure, act: Act, known: Knowledge) -> None:
    """Somebody is heard because the one they coached was taken out."""
    shown = (known.shown or {}).get(heard.call_sid, {})
    touched = world.journal.touched.get(heard.call_sid, ())
    met = any(at >= known.shown_at and by is not known for at, by in touched)
    member = owner(world, known.roster, heard.call_sid)
    let_go = member is not None and member.coaching is False
    if shown.get("coaching") and not met and not let_go:
        what = f"{heard.label} is heard by the {heard.audience} after {act.kind}"
        world.journal.blame("coach", heard.at, f"{what} of {act.target}")


def _wrong(
    world: "World", heard: Exposure, member: Member, roster: Roster
) -> tuple[str, str] | None:
    """The promise that an exposure breaks, with by whom the member is heard."""
    if member.muted is True or member.hold is True:
        return "exposed", str(heard.audience)
    if isinstance(member.coaching, str):
        if heard.audience is Audience.ROOM:
            return "coach", "the room"
        targets = owners(world, roster, heard.target or "")
        if member.coaching not in targets:
            return "coach", f"{targets}, who are not {member.coaching}"
    return None


def _excused(world: "World", heard: Exposure, member: Member, known: Knowledge) -> bool:
    concerned = {heard.call_sid}
    if isinstance(member.coaching, str):
        concerned |= {
            sid
            for sid in world.exchange.state.participants
            if member.coaching in owners(world, known.roster, sid)
        }
    since = known.shown_at if known.shown is not None else known.at
    return any(
        at >= since and by is not known
        for sid in concerned
        for at, by in world.journal.touched.get(sid, ())
    ) or any(_left_by_itself(world, sid, since) for sid in concerned)


def _left_by_itself(world: "World", sid: str, since: float) -> bool:
    leg = world.exchange.state.participant(sid)
    left_at = leg.left_at
    if left_at is None or max(left_at, leg.listed_until or 0.0) < since:
        return False
    return not any(
        act.took and act.target == sid and act.effect_at == left_at
        for act in world.journal.acts
    )


def judge_pass(world: "World", told: Reported) -> None:
    """Whoever a whole and untroubled pass saw heard amiss is not heard after it."""
    knowledge, plan = told.known, told.made.evaluation.plan
    if knowledge is None or knowledge.shown is None or plan.unknown:
        return
    if not told.is_of_observation:
        return
    if any(outcome.result not in {"done", "gone"} for outcome in told.made.outcomes):
        return
    if world.journal.roster(knowledge.room, told.at) is not knowledge.roster:
        return
    if knowledge.roster.state is RoomState.ENDED:
        return
    withheld = {getattr(each.action, "call_sid", "") for each in plan.withheld}
    for sid in knowledge.shown:
        member, heard = owner(world, knowledge.roster, sid), _heard_since(world, sid)
        if member is None or heard is None:
            continue
        if sid in withheld or sid in plan.doubts:
            continue
        if heard.at > _seen_until(world, knowledge, heard) - _SLACK_SECONDS:
            continue
        wrong = _wrong(world, heard, member, knowledge.roster)
        touched = world.journal.touched.get(sid, ())
        if _tried(world, sid, told.at) or _gone_target(world, member, knowledge):
            continue
        if wrong and not any(
            at >= knowledge.shown_at and by is not knowledge for at, by in touched
        ):
            what = f"{member.label} is still heard after {told.process}'s pass"
            world.journal.blame(wrong[0], told.at, what)


def _seen_until(world: "World", known: Knowledge, heard: Exposure) -> float:
    """Until when a listing may lack changes; who made one knows of it before."""
    noted = any(
        event.call_sid == heard.call_sid
        and event.kind == "change.done"
        and heard.at <= at <= known.at
        for at, event in world.journal.events
    )
    return known.shown_at - (0 if noted else world.exchange.switches.list_change_lag)


def _tried(world: "World", sid: str, now: float) -> bool:
    """Whether a request to silence them is on its way or went wrong a moment ago.

    So it is while one to take them out is on its way: nobody else is asked of them.

    One that worked a moment ago may not be listed yet: no look tells that from
    somebody else's having undone it.
    """
    return any(
        act.target == sid
        and not act.withdrawn
        and (_is_update(act) or (act.kind in REMOVING and act.effect is None))
        and act.begun_at
        > now - (SILENCE_LISTED_SECONDS if act.took else RETRIED_SECONDS)
        for act in world.journal.acts
    )


def _is_update(act: Act) -> bool:
    return act.silences or (act.kind is Kind.UPDATE and not act.took)


def _gone_target(world: "World", member: Member, known: Knowledge) -> bool:
    """Whether the listing shows somebody whom they coach, and who is gone."""
    state = world.exchange.state
    return isinstance(member.coaching, str) and any(
        member.coaching in owners(world, known.roster, sid)
        and state.participant(sid).left_at is not None
        for sid in known.shown or {}
    )


def _heard_since(world: "World", sid: str) -> Exposure | None:
    """By whom somebody is heard now, None for nobody."""
    audience, _ = world.exchange.state.heard.get(sid, (Audience.NOBODY, None))
    if audience is Audience.NOBODY:
        return None
    log = reversed(world.exchange.history.exposures)
    return next((exposure for exposure in log if exposure.call_sid == sid), None)

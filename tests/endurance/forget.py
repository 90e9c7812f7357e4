"""Letting go of what no oracle asks for any more: a day is long."""

from reconciler.model.recorded_observation import Audience
from reconciler.play.world.act import Kind
from reconciler.play.world.run_journal import RunJournal
from reconciler.play.world.world import World

RECENT = 900.0
"""Seconds for which updates, reads and events are kept."""


def forget(world: World) -> None:
    """Keep what happened lately, who is on a call, and who was rung or removed."""
    _forget_history(world)
    _forget_people(world)
    _forget_journal(world)


def _forget_history(world: World) -> None:
    exchange = world.exchange
    exchange.catch_up()
    history, heard = exchange.history, exchange.state.heard
    credited = list(zip(history.exposures, exchange.doers, strict=True))
    live = {
        sid for sid, (audience, _) in heard.items() if audience is not Audience.NOBODY
    }
    last = {exposure.call_sid: index for index, (exposure, _) in enumerate(credited)}
    kept = [
        pair
        for index, pair in enumerate(credited)
        if index >= world.journal.judged
        or (pair[0].call_sid in live and last[pair[0].call_sid] == index)
    ]
    world.journal.judged = len(kept) - (len(credited) - world.journal.judged)
    history.exposures[:] = [exposure for exposure, _ in kept]
    exchange.doers[:] = [act for _, act in kept]
    history.reads[:] = [r for r in history.reads if r.at > world.now - RECENT]
    for log in (history.writes, history.rings):
        log.clear()


def _forget_people(world: World) -> None:
    state = world.exchange.state
    for roll in state.rolls.values():
        for sid in [each for each in roll if _long_gone(world, each)]:
            del roll[sid]
    for sid in [each for each in state.heard if _long_gone(world, each)]:
        del state.heard[sid]
    for room in {each.name for each in state.conferences.values()}:
        over = [c.sid for c in state.conferences.values() if c.name == room]
        for sid in over[:-50]:
            if not state.conferences[sid].live:
                del state.conferences[sid]
                del state.conference_past[sid]


def _long_gone(world: World, call_sid: str) -> bool:
    left_at = world.exchange.state.participant(call_sid).left_at
    return left_at is not None and left_at < world.now - 60.0


def _forget_journal(world: World) -> None:
    journal, since = world.journal, world.now - RECENT
    calls = world.exchange.state.calls
    for act in journal.acts:
        call = calls.get(act.call_sid or "")
        if act.begun_at < since and (call is None or call.latest.ended):
            act.known = None
    journal.acts = [
        act
        for act in journal.acts
        if act.begun_at > since or act.kind is not Kind.UPDATE
    ]
    journal.events = [each for each in journal.events if each[0] > since]
    journal.passes.clear()
    used = {act.attempt.id for act in journal.acts if act.attempt}
    journal.attempts = {k: v for k, v in journal.attempts.items() if k not in used}
    _forget_calls(journal, since, {s for s, c in calls.items() if c.latest.ended})
    alive = {process for process, _ in journal.known if process.alive}
    for mine in (journal.known, journal.leases):
        for key in [each for each in mine if each[0] not in alive]:
            del mine[key]


def _forget_calls(journal: RunJournal, since: float, ended: set[str]) -> None:
    """Of whoever is on a call, it must stay known that they were touched."""
    for sid in list(journal.touched):
        *before, last = journal.touched[sid]
        journal.touched[sid] = [*(t for t in before if t[0] > since), (last[0], None)]
        if sid in ended:
            del journal.touched[sid]


def forget_the_gone(world: World, before: float) -> None:
    """Let the exchange forget whoever was gone by then: for long quiet runs only."""
    state, journal = world.exchange.state, world.journal
    for sid in list(state.calls):
        ended_at = state.calls[sid].latest.ended_at
        if ended_at is not None and ended_at < before:
            del state.calls[sid]
            state.participants.pop(sid, None)
            state.sequence.pop(sid, None)
            journal.made.pop(sid, None)
            for roll in state.rolls.values():
                roll.pop(sid, None)
    journal.acts = [act for act in journal.acts if act.begun_at > before]
    journal.attempts.clear()
    keep = {event.at for event in journal.declared[-12:]}
    journal.declared = [each for each in journal.declared if each.at in keep]
    world.line._speaker._before.clear()

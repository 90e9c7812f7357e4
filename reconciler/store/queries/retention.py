"""Retention: deletes expired rows in bounded batches.

table         goes once it is older than   but never
marks         1 day
approvals     1 day after they expired
calls         2 days                       (a call lasts one day at most)
call_fields   2 days                       those of a call whose attempt is open
 ``exposed``  1 day                        (it counts for ten minutes)
corrections   2 days
removals      2 days
notifications 1 day after they were sent or given up
events        90 days
runs          90 days                      one that an event still names
revisions     90 days                      the newest of each room, and what a pin names
overrides     90 days after they ended
leg_intervals 90 days after they ended
observations  90 days after the last check of their room
room_checks   90 days
converged_rooms a day after they were evaluated
attempts      90 days after they closed    the newest hundred of a present intent
changes       10,000 newer ones            turns that those reach back to

Rosters, declarations, members, leases, withheld kinds, overrides that stand and
open attempts never go.
"""

from collections.abc import Callable
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    and_,
    delete,
    exists,
    func,
    not_,
    or_,
    select,
    tuple_,
)

from reconciler.model.attempt import OPEN, CallOutcome
from reconciler.planning.call_facts import EXPOSED
from reconciler.store.queries.call_memory import CALL_TTL_SECONDS
from reconciler.store.tables import (
    approvals,
    attempts,
    call_fields,
    calls,
    changes,
    converged_rooms,
    corrections,
    events,
    leg_intervals,
    marks,
    members,
    notifications,
    observations,
    overrides,
    removals,
    revisions,
    room_checks,
    rosters,
    runs,
)

DAY_SECONDS = 86_400.0
RECORD_KEPT_SECONDS = 90 * DAY_SECONDS
MARKS_KEPT_SECONDS = DAY_SECONDS
CALLS_KEPT_SECONDS = CALL_TTL_SECONDS
EXPOSURES_KEPT_SECONDS = DAY_SECONDS
"""More than exposures count for: a clock that was put back lets none go early."""

RINGS_KEPT = 100
"""Rings of a present intent that are kept for ever: a policy counts as many."""

CHANGES_KEPT = 10_000
"""Changes that are kept: whoever asks for older ones is told of every room."""

Condition = ColumnElement[bool]


class _Rule(Struct, frozen=True):
    """Rows of *table* that are ``old`` at a time, given as Unix seconds, may go."""

    table: Table
    kept: float
    old: Callable[[float], Condition]


def prune(connection: Connection, before: float, at_most: int) -> int:
    """Delete rows whose time was over *before* then; how many went.

    Fewer than *at_most* means that there are no more.
    """
    gone = 0
    for rule in _RULES:
        if gone >= at_most:
            break
        gone += _delete(connection, rule, before, at_most - gone)
    return gone


def _delete(connection: Connection, rule: _Rule, before: float, at_most: int) -> int:
    key = tuple_(*rule.table.primary_key.columns)
    old = rule.old(before - rule.kept)
    chosen = select(*rule.table.primary_key.columns).where(old).limit(at_most)
    done = connection.execute(delete(rule.table).where(key.in_(chosen)))
    return done.rowcount


def _call_over(cut: float) -> Condition:
    ours = exists().where(
        attempts.c.call_sid == call_fields.c.call_sid,
        attempts.c.room == call_fields.c.room,
        attempts.c.state.in_(sorted(OPEN)),
    )
    return and_(call_fields.c.sent_at < cut, not_(ours))


def _exposure_over(cut: float) -> Condition:
    """When an edit exposed a call that may live on for long after."""
    return and_(call_fields.c.name == EXPOSED, call_fields.c.sent_at < cut)


def _run_over(cut: float) -> Condition:
    ended_at = func.coalesce(runs.c.ended_at, runs.c.started_at)
    named = exists().where(events.c.run == runs.c.id)
    return and_(ended_at < cut, not_(named))


def _revision_over(cut: float) -> Condition:
    newer = exists().where(
        rosters.c.room == revisions.c.room,
        rosters.c.generation > revisions.c.generation,
    )
    pinned = exists().where(
        rosters.c.room == revisions.c.room,
        or_(
            rosters.c.pin["generation"].as_integer() == revisions.c.generation,
            rosters.c.pin["file_generation"].as_integer() == revisions.c.generation,
        ),
    )
    return and_(revisions.c.loaded_at < cut, newer, not_(pinned))


def _observation_over(cut: float) -> Condition:
    checked = exists().where(
        room_checks.c.room == observations.c.room, room_checks.c.checked_at >= cut
    )
    return and_(observations.c.seen_at < cut, not_(checked))


def _attempt_over(cut: float) -> Condition:
    """A ring that no redial policy can count any longer.

    Rings that reached nobody are not counted: any later ones push them out.
    """
    closed_at = func.coalesce(attempts.c.ended_at, attempts.c.created_at)
    present = exists().where(
        members.c.room == attempts.c.room,
        members.c.label == attempts.c.label,
        members.c.intent == attempts.c.intent,
    )
    uncounted = attempts.c.outcome.in_([CallOutcome.DELAYED, CallOutcome.NOT_RUNG])
    return and_(
        attempts.c.state.not_in(sorted(OPEN)),
        closed_at < cut,
        or_(
            not_(present),
            and_(uncounted, _pushed_out(counted=False)),
            _pushed_out(counted=True),
        ),
    )


def _pushed_out(*, counted: bool) -> Condition:
    later: Any = attempts.alias()
    newer = select(later.c.id).where(
        later.c.room == attempts.c.room,
        later.c.label == attempts.c.label,
        later.c.intent == attempts.c.intent,
        later.c.id > attempts.c.id,
    )
    if counted:
        newer = newer.where(
            later.c.outcome.not_in([CallOutcome.DELAYED, CallOutcome.NOT_RUNG])
        )
    return exists(newer.limit(1).offset(RINGS_KEPT - 1).correlate(attempts))


def _told(_: float) -> Condition:
    """A change of a turn before those of the newest changes: then all of it goes."""
    newest = select(func.max(changes.c.id)).scalar_subquery()
    kept = select(func.min(changes.c.turn)).where(changes.c.id > newest - CHANGES_KEPT)
    return changes.c.turn < kept.scalar_subquery()


_RULES = (
    _Rule(changes, 0.0, _told),
    _Rule(marks, MARKS_KEPT_SECONDS, lambda cut: marks.c.at < cut),
    _Rule(approvals, MARKS_KEPT_SECONDS, lambda cut: approvals.c.expires_at < cut),
    _Rule(calls, CALLS_KEPT_SECONDS, lambda cut: calls.c.seen_at < cut),
    _Rule(call_fields, CALLS_KEPT_SECONDS, _call_over),
    _Rule(call_fields, EXPOSURES_KEPT_SECONDS, _exposure_over),
    _Rule(corrections, CALLS_KEPT_SECONDS, lambda cut: corrections.c.at < cut),
    _Rule(removals, CALLS_KEPT_SECONDS, lambda cut: removals.c.at < cut),
    _Rule(notifications, DAY_SECONDS, lambda cut: notifications.c.closed_at < cut),
    _Rule(events, RECORD_KEPT_SECONDS, lambda cut: events.c.at < cut),
    _Rule(runs, RECORD_KEPT_SECONDS, _run_over),
    _Rule(revisions, RECORD_KEPT_SECONDS, _revision_over),
    _Rule(overrides, RECORD_KEPT_SECONDS, lambda cut: overrides.c.ended_at < cut),
    _Rule(attempts, RECORD_KEPT_SECONDS, _attempt_over),
    _Rule(
        leg_intervals, RECORD_KEPT_SECONDS, lambda cut: leg_intervals.c.ends_at < cut
    ),
    _Rule(observations, RECORD_KEPT_SECONDS, _observation_over),
    _Rule(room_checks, RECORD_KEPT_SECONDS, lambda cut: room_checks.c.checked_at < cut),
    _Rule(
        converged_rooms, DAY_SECONDS, lambda cut: converged_rooms.c.evaluated_at < cut
    ),
)

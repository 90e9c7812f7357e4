"""Attempts of other rooms that concern a room's phones."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Connection, and_, bindparam, or_, select

from reconciler.engine.desired_room import Standing
from reconciler.model.attempt import OPEN, UNCERTAIN
from reconciler.model.ledger import Elsewhere
from reconciler.model.phone import normal_address
from reconciler.store.database.among import among
from reconciler.store.database.answers import AnyRow, BoundStatement, answer, answers
from reconciler.store.queries.attempts import CLIENT
from reconciler.store.queries.row import attempt_of
from reconciler.store.tables import attempts, calls, members, rosters

Rows = Mapping[str, Sequence[AnyRow]]
"""Rows by room."""


def elsewhere(
    connection: Connection,
    rooms: Sequence[str],
    entries: Rows,
    rung: Rows,
    account_sid: str | None,
) -> dict[str, tuple[Elsewhere, ...]]:
    """The open attempts of other rooms to the phones of each of *rooms*.

    *entries* are the rows of members, *rung* those of attempts, by room.
    """
    askers: dict[str, set[str]] = defaultdict(set)
    for room in rooms:
        for address in _phones(entries.get(room, ()), rung.get(room, ())):
            askers[address].add(room)
    found: dict[str, list[Elsewhere]] = defaultdict(list)
    asked = _asked_by_others(connection, askers)
    for other in under_way(connection, asked, account_sid):
        for room in askers[other.attempt.address] - {other.attempt.room}:
            found[room].append(other)
    return {room: tuple(others) for room, others in found.items()}


def _asked_by_others(
    connection: Connection, askers: Mapping[str, Collection[str]]
) -> set[str]:
    """The phones that another room than one of those that ask has an open attempt to.

    Those of a room as declared are its own, and are not read again.
    """
    asked = BoundStatement(_OPEN_BY, {"addresses": sorted(askers)})
    (rows,) = answers(connection, (asked,))
    return {
        row.address
        for row in rows
        if any(room != row.room for room in askers[row.address])
    }


def under_way(
    connection: Connection, addresses: Iterable[str], account_sid: str | None
) -> tuple[Elsewhere, ...]:
    """The open attempts of all rooms to *addresses*, each in its normal form.

    Other accounts' too, but for clients, which each account has of its own.
    """
    return tuple(
        Elsewhere(
            attempt_of(row),
            released=row.standing is None or row.standing == Standing.RELEASED,
            listed=row.listed is not None and row.dismissed_at is None,
            dismissed_at=row.dismissed_at,
            foreign=row.account_sid not in {None, account_sid},
        )
        for row in _open_to(connection, sorted(addresses), account_sid)
    )


def _phones(entries: Iterable[AnyRow], rung: Iterable[AnyRow]) -> Iterator[str]:
    for entry in entries:
        if entry.dismissed_at is None:
            yield normal_address(entry.to_address)
    for row in rung:
        if row.state in OPEN:
            yield row.address


def _open_to(
    connection: Connection, addresses: Sequence[str], account_sid: str | None
) -> Iterator[AnyRow]:
    if addresses:
        asked = {"addresses": addresses, "account_sid": account_sid}
        yield from answer(connection, _OPEN_TO, asked)


_OPEN_BY = select(attempts.c.address, attempts.c.room).where(
    among(attempts.c.address, "addresses"), attempts.c.state.in_(sorted(OPEN))
)

_MINE = or_(
    attempts.c.account_sid.is_(None),
    bindparam("account_sid") == attempts.c.account_sid,
    ~attempts.c.address.startswith(CLIENT),
)

_OPEN_TO = (
    select(
        attempts,
        rosters.c.standing,
        members.c.label.label("listed"),
        members.c.dismissed_at,
    )
    .outerjoin(rosters, rosters.c.room == attempts.c.room)
    .outerjoin(
        members,
        and_(members.c.room == attempts.c.room, members.c.label == attempts.c.label),
    )
    .where(
        among(attempts.c.address, "addresses"),
        attempts.c.state.in_(sorted(OPEN)),
        _MINE,
    )
    .order_by(attempts.c.id)
)


def claimed(
    connection: Connection, rooms: Sequence[str], rung: Rows
) -> dict[str, frozenset[str]]:
    """For each room with a lost attempt, the calls to its phone that are not its own.

    Those of every attempt, whatever its room, intent and state, and those that
    another room has told apart.
    """
    lost = {
        room: {row.to_address for row in rung.get(room, ()) if row.state in UNCERTAIN}
        for room in rooms
    }
    addresses = {to for found in lost.values() for to in found}
    if not addresses:
        return {}
    phones = {normal_address(to) for to in addresses}
    asked = {"phones": sorted(phones), "addresses": sorted(phones | addresses)}
    taken = {sid for sid in connection.scalars(_ATTEMPTED, asked) if sid}
    told = connection.execute(_TOLD_APART, asked).all()
    return {
        room: frozenset(taken | {row.call_sid for row in told if row.room != room})
        for room, found in lost.items()
        if found
    }


_ATTEMPTED = select(attempts.c.call_sid).where(
    among(attempts.c.address, "phones"),
    attempts.c.call_sid.is_not(None),
)

_TOLD_APART = select(calls.c.room, calls.c.call_sid).where(
    among(calls.c.to_address, "addresses")
)

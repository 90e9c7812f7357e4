"""The list of rooms: rows, counts of states, search and filters."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Final

from msgspec import Struct, field

from reconciler.engine.desired_room import Standing
from reconciler.engine.room.evaluation import Evaluation, RoomPhase
from reconciler.model.masking import mask
from reconciler.model.partly_compared import PartlyCompared
from reconciler.model.recorded_observation import RoomCheck
from reconciler.page.latest_evaluations import LatestEvaluations, RoomEntry
from reconciler.planning.plan import Phase, Plan
from reconciler.store.queries.rosters import Summary

STATES: Final = (
    RoomPhase.STALLED,
    RoomPhase.UNKNOWN,
    RoomPhase.CONVERGING,
    RoomPhase.PAUSED,
    RoomPhase.CONVERGED,
    RoomPhase.RELEASED,
)
"""In the order in which an operator wants to see them."""


MOST_LISTINGS: Final = 20
"""Searches whose last result is kept."""


class RoomRow(Struct, frozen=True):
    """A room in a line; ``words`` are searched."""

    room: str
    state: RoomPhase
    connected: int = 0
    members: int = 0
    differ: int = 0
    withheld: int = 0
    mode: str = ""
    reason: str = ""
    words: str = ""


class RoomList(PartlyCompared, frozen=True):
    """The rows that are asked for, and how many there are of each state in all.

    ``html`` keeps them as rendered.
    """

    not_compared = frozenset({"html"})

    rows: tuple[RoomRow, ...]
    counts: Mapping[RoomPhase, int]
    total: int
    query: str = ""
    state: str = ""
    html: list[str] = field(default_factory=list)

    @property
    def changed_filter(self) -> bool:
        """Whether rows are left out."""
        return bool(self.query or self.state)


class RoomQuery(Struct, frozen=True):
    """Rooms whose name or people contain ``text``, of ``state`` ("" for all).

    Without ``numbers`` phone numbers are searched as they are shown, masked: else a
    search would tell them digit by digit.
    """

    text: str
    state: str
    numbers: bool


class RoomRows:
    """Rows by room, made again when a room was looked at or stands otherwise."""

    def __init__(self) -> None:
        self._rows: dict[str, tuple[Evaluation, Summary, RoomRow]] = {}
        self._listings: dict[tuple[str, str, bool], tuple[object, RoomList]] = {}
        self.listings_made = 0

    def row(
        self, summary: Summary, entry: RoomEntry | None, check: RoomCheck | None
    ) -> RoomRow:
        """The row of a room whose last observation is *entry*, else by its record."""
        if entry is None:
            return _unseen(summary, check)
        known = self._rows.get(summary.room)
        if known is None or known[0] is not entry.evaluation or known[1] != summary:
            known = (entry.evaluation, summary, _row(summary, entry))
            self._rows[summary.room] = known
        return known[2]

    def listing(
        self,
        summaries: Sequence[Summary],
        latest: LatestEvaluations,
        checks: Mapping[str, RoomCheck],
        query: RoomQuery,
    ) -> RoomList:
        """See ``room_list``; one that is asked for again is not made again."""
        asked = (latest.version, tuple(summaries), checks)
        key = query.text, query.state, query.numbers or not query.text
        known = self._listings.get(key)
        if known is None or known[0] != asked:
            rows = [
                self.row(x, latest.entry(x.room), checks.get(x.room)) for x in summaries
            ]
            self.keep({summary.room for summary in summaries})
            self.listings_made += 1
            known = (asked, room_list(rows, query))
            if len(self._listings) >= MOST_LISTINGS:
                self._listings.clear()
            self._listings[key] = known
        return known[1]

    def keep(self, rooms: Collection[str]) -> None:
        """Forget the rows of all other rooms."""
        for room in self._rows.keys() - rooms:
            del self._rows[room]


def room_list(rows: Sequence[RoomRow], query: RoomQuery) -> RoomList:
    """The rooms of *rows* that the query names."""
    room_rows = [x for x in rows if not query.state or x.state == query.state]
    words = query.text.casefold().split()
    if words:
        shown = str if query.numbers else _masked
        room_rows = [
            x for x in room_rows if all(word in shown(x.words) for word in words)
        ]
    room_rows.sort(key=lambda x: (STATES.index(x.state), x.room))
    counts = Counter(room_row.state for room_row in rows)
    return RoomList(
        tuple(room_rows),
        {each: counts[each] for each in STATES},
        len(rows),
        query.text,
        query.state,
    )


@lru_cache(maxsize=4096)
def _masked(words: str) -> str:
    return "\n".join(map(mask, words.split("\n"))).casefold()


def _unseen(summary: Summary, check: RoomCheck | None) -> RoomRow:
    """A room that this daemon has not read: another node has, or nobody yet."""
    words = summary.room.casefold()
    if check is None:
        state = _unread(summary.standing)
        return RoomRow(summary.room, state, reason="not read yet", words=words)
    return RoomRow(
        summary.room,
        shown_state(summary.standing, RoomPhase(check.state)),
        check.connected,
        check.members,
        reason=mask(check.reason),
        words=words,
    )


def _row(summary: Summary, entry: RoomEntry) -> RoomRow:
    evaluation = entry.shown or entry.evaluation
    plan, latest = evaluation.plan, entry.evaluation.plan
    labels = [person.member.label for person in plan.people]
    return RoomRow(
        room=summary.room,
        state=shown_state(summary.standing, entry.evaluation.state),
        connected=sum(person.phase is Phase.CONNECTED for person in plan.people),
        members=len(plan.people),
        differ=len(differing(plan).intersection(labels)),
        withheld=len(plan.withheld),
        mode=evaluation.desired.mode if evaluation.desired else "",
        reason=mask(latest.unknown or latest.stalled_reason or ""),
        words="\n".join([summary.room, *labels]).casefold(),
    )


def differing(plan: Plan) -> set[str | None]:
    """The labels of which something is to be done, is withheld or is waited for."""
    labels: set[str | None] = {action.label for action in plan.actions}
    labels |= {withheld.action.label for withheld in plan.withheld}
    return labels | {wait.label for wait in plan.waiting if not wait.settled}


def _unread(standing: Standing) -> RoomPhase:
    return {
        Standing.PAUSED: RoomPhase.PAUSED,
        Standing.RELEASED: RoomPhase.RELEASED,
    }.get(standing, RoomPhase.UNKNOWN)


def shown_state(standing: Standing, seen: RoomPhase) -> RoomPhase:
    """What was decided counts at once, although no pass has followed yet."""
    return seen if standing is Standing.MANAGED else _unread(standing)

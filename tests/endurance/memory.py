"""The store in memory with what only SQL has: marks for the loop, and pruning."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from reconciler.model.declaration import Declaration
from reconciler.model.load_result import NO_REPORT, FileReport, Loaded
from reconciler.model.roster import Roster
from reconciler.planning.call_facts import EXPOSED
from reconciler.play.in_memory.memory_store import InMemoryStore
from reconciler.store.queries.call_memory import CALL_TTL_SECONDS
from reconciler.store.queries.marks import Mark
from reconciler.store.queries.operator_decision import Decision
from reconciler.store.queries.retention import EXPOSURES_KEPT_SECONDS
from reconciler.store.queries.revision_row import Revision

RECORD_KEPT = 3600.0
"""Seconds for which the record is kept here: a day must show many times of it."""


class Memory(InMemoryStore):
    """Ages are those of ``store.queries.retention``, but for the record's."""

    def __init__(self) -> None:
        super().__init__()
        self.marks: list[Mark] = []

    async def load(
        self,
        rosters: Sequence[Roster | Declaration],
        *,
        folder: str | None,
        now: float,
        cause: str,
        report: FileReport = NO_REPORT,
    ) -> Loaded:
        done = await super().load(
            rosters, folder=folder, now=now, cause=cause, report=report
        )
        self.mark((*done.added, *done.changed, *done.released), cause)
        return done

    async def redial(self, decision: Decision, label: str) -> bool:
        self.mark([decision.room], decision.cause)
        return await super().redial(decision, label)

    async def resolve(
        self,
        decision: Decision,
        label: str,
        *,
        rung: bool,
        call_sid: str | None = None,
    ) -> bool:
        self.mark([decision.room], decision.cause)
        return await super().resolve(decision, label, rung=rung, call_sid=call_sid)

    def mark(self, rooms: Iterable[str], cause: str) -> None:
        """Tell daemons that somebody decided something about rooms."""
        for room in rooms:
            last = self.marks[-1].id if self.marks else 0
            self.marks.append(Mark(last + 1, room, cause))

    async def last_mark(self) -> int:
        return self.marks[-1].id if self.marks else 0

    async def marks_since(self, last: int) -> tuple[Mark, ...]:
        return tuple(each for each in self.marks if each.id > last)

    async def prune(self, before: float, at_most: int) -> int:  # noqa: ARG002 - the port has it
        """Let old rows go, all at once."""
        rows, cut = self.tables, before - RECORD_KEPT
        del self.marks[:-10]
        rows.events = [each for each in rows.events if each.at >= cut]
        named = {each.run for each in rows.events}
        rows.runs = {
            run.id: run
            for run in rows.runs.values()
            if run.id in named or (run.ended_at or run.started_at) >= cut
        }
        rows.attempts = {
            each.id: each
            for each in rows.attempts.values()
            if each.open
            or (each.ended_at or each.created_at) >= cut
            or self._present(each.room, each.label, each.intent)
        }
        newest = dict(rows.revisions)
        rows.revisions = [
            (room, each)
            for room, each in rows.revisions
            if _loaded(each) >= cut or newest[room] is each
        ]
        rows.intervals = [
            each
            for each in rows.intervals
            if each.ends_at is None or each.ends_at >= cut
        ]
        self._let_calls_go(before - CALL_TTL_SECONDS)
        self._let_exposures_go(before - EXPOSURES_KEPT_SECONDS)
        return 0

    def _let_calls_go(self, cut: float) -> None:
        rows = self.tables
        ours = {each.call_sid for each in rows.attempts.values() if each.open}
        rows.calls = {sid: row for sid, row in rows.calls.items() if row[2] >= cut}
        rows.fields = {
            key: row
            for key, row in rows.fields.items()
            if row[2] >= cut or key[0] in ours
        }
        rows.corrections = [row for row in rows.corrections if row[1].at >= cut]

    def _let_exposures_go(self, cut: float) -> None:
        rows = self.tables
        rows.fields = {
            key: row
            for key, row in rows.fields.items()
            if key[1] != EXPOSED or row[2] >= cut
        }

    def _present(self, room: str, label: str, intent: int) -> bool:
        row = self.tables.members.get((room, label))
        return row is not None and row.intent == intent

    async def sizes(self) -> Mapping[str, int]:
        """Rows by table."""
        rows = self.tables
        return Counter(
            rosters=len(rows.rosters),
            members=len(rows.members),
            revisions=len(rows.revisions),
            attempts=len(rows.attempts),
            open_attempts=sum(each.open for each in rows.attempts.values()),
            call_fields=len(rows.fields),
            calls=len(rows.calls),
            corrections=len(rows.corrections),
            leases=len(rows.leases),
            events=len(rows.events),
            leg_intervals=len(rows.intervals),
            runs=len(rows.runs),
            marks=len(self.marks),
        )


def _loaded(revision: Revision) -> float:
    return revision.loaded_at

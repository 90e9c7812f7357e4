"""``python -m tests.endurance --seed 7 --hours 24`` or ``--month``."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from reconciler.play.scenarios.scenario import START
from tests.endurance.memory import Memory
from tests.endurance.month import GROWTH, Month, live_month
from tests.endurance.records import Books
from tests.endurance.run import Report, live
from tests.endurance.sqlite import short_lived

_RECORD_KEPT = 3600.0
_SHOWN = 20


def main() -> int:
    """Run what is asked for; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.endurance")
    parser.add_argument("--seed", type=int, default=1, help="what happens")
    parser.add_argument("--hours", type=float, default=24.0, help="for how long")
    parser.add_argument("--month", action="store_true", help="a quiet month instead")
    parser.add_argument("--sqlite", action="store_true", help="over a real database")
    parser.add_argument("--trace", action="store_true", help="tell all of it")
    asked = parser.parse_args()
    if asked.month:
        with _books(sqlite=asked.sqlite) as books:
            return _tell_month(live_month(30, books))
    failed = 0
    ends = []
    for webhooks in (False, True):
        with _books(sqlite=asked.sqlite) as books:
            lines = 10**7 if asked.trace else 1000
            report = live(
                asked.seed, asked.hours, webhooks=webhooks, books=books, lines=lines
            )
        if asked.trace:
            sys.stdout.writelines(f"{line}\n" for line in _trace(report))
        failed += _tell(report)
        ends.append(report.end)
    if ends[0] != ends[1]:
        _say(f"with webhooks it ends otherwise: {ends}")
        failed += 1
    return int(failed > 0)


@contextmanager
def _books(*, sqlite: bool) -> Iterator[Books]:
    if not sqlite:
        yield Memory()
        return
    with (
        TemporaryDirectory() as folder,
        short_lived(Path(folder) / "store.db", _RECORD_KEPT) as books,
    ):
        yield books


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _trace(report: Report) -> list[str]:
    return [f"{at - START:9.3f} {who:9} {what}" for at, who, what in report.lines]


def _tell(report: Report) -> int:
    figures, tally = report.figures, report.tally
    _say(
        f"seed {report.seed}, {report.hours:g} h, webhooks "
        f"{'on' if report.webhooks else 'off'}: {len(report.violations)} violations "
        f"({figures.seconds:.0f} s)"
    )
    settled = sorted(figures.settled)
    _say(
        f"  {tally.looks.total()} looks, {figures.reads} reads, {figures.writes} writes, "
        f"{figures.rings} rings, {figures.webhooks} webhooks"
    )
    _say(
        f"  {figures.faults} faults, {figures.outages} outages, {figures.restarts} "
        f"restarts (slowest stop {figures.slowest_stop:.1f} s), {figures.crashes} "
        f"crashes, {figures.edits} edits"
    )
    _say(
        f"  after faults paused: at rest within {settled[len(settled) // 2]:.0f} s "
        f"(median), {settled[-1]:.0f} s (worst); {dict(figures.states)}"
    )
    _say(
        f"  looks an hour and room at night: {max(figures.night_looks, default=0):.0f}"
        f" (reads {max(figures.night_reads, default=0):.0f}); "
        f"longest without a look {tally.gap:.0f} s"
    )
    _say(f"  rows at the end: {dict(figures.rows[-1]) if figures.rows else {}}")
    for each in report.violations[:_SHOWN]:
        _say(f"  {each.at - START:.1f} {each}")
    return len(report.violations)


def _tell_month(month: Month) -> int:
    _say(
        f"{len(month.evenings)} days in {month.seconds:.0f} s: {month.looks} looks, "
        f"{month.writes} writes, {len(month.violations)} violations"
    )
    sizes = ", ".join(f"{each.bytes / 1e6:.2f}" for each in month.evenings)
    _say(f"  MB of an evening: {sizes}")
    _say(f"  memory grew by {month.growth:.0f} bytes a day (at most {GROWTH:.0f})")
    _say(f"  rows: {dict(month.evenings[-1].rows)}; grown: {dict(month.grown_rows)}")
    for each in month.violations[:_SHOWN]:
        _say(f"  {each.at - START:.1f} {each}")
    bad = month.violations or month.growth > GROWTH or month.grown_rows
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())

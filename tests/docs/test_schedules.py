"""What docs/schedules.md says of clock changes is what windows do."""

import re
from datetime import UTC, datetime
from pathlib import Path

from reconciler.model.schedule import Period, Weekly
from reconciler.planning.occurrences import occurrences

TEXT = (Path(__file__).resolve().parents[2] / "docs/schedules.md").read_text("utf-8")
ROW = re.compile(
    r"\| (\w+/\w+)[^|]* \| `(\d\d):(\d\d)-(\d\d):(\d\d)` \| (\d+ \w+) "
    r"\| (\d\d:\d\d)( the day before)? \| (\d\d:\d\d) \|"
)


def test_the_instants_in_the_table_of_clock_changes_are_those_of_windows() -> None:
    rows = ROW.findall(TEXT)

    assert len(rows) == 6
    for zone, h1, m1, h2, m2, day, begins, before, ends in rows:
        weekly = Weekly(tuple(range(7)), _minutes(h1, m1), _minutes(h2, m2), zone)
        date = datetime.strptime(f"{day} 2026", "%d %B %Y").replace(tzinfo=UTC)
        at = date.timestamp() - (86400 if before else 0) + _seconds(begins)
        (found,) = occurrences(Period(weekly), at, at + 1)
        assert found.start == at, (zone, day)
        assert datetime.fromtimestamp(found.end, UTC).strftime("%H:%M") == ends


def _minutes(hours: str, minutes: str) -> int:
    return int(hours) * 60 + int(minutes)


def _seconds(clock: str) -> int:
    return _minutes(clock[:2], clock[3:]) * 60

"""Rows: what was measured, against what, and whether it is as good as it should be."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.harness import Bench

FAILED = "failed"

SMALL = 20.0
"""Figures below it are shown with two decimals."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table.

    ``value`` and ``limit`` are in ``unit``; with ``least`` the value has to be
    the limit or more, else the limit or less. ``rounds`` holds what each party
    came to in each round, ``note`` what else is to be known. ``profile`` names the
    one of ``profiles.WHAT`` that shows where its time goes, "" without one. A
    ``failed`` one could not be measured, ``note`` says why.
    """

    what: str
    value: float
    limit: float
    unit: str
    peer: str
    least: bool = False
    rounds: Mapping[str, Sequence[float]] = field(default_factory=dict)
    note: str = ""
    profile: str = ""
    failed: bool = False

    @classmethod
    def failure(cls, name: str, error: Exception) -> "Row":
        """The row of a part that broke off."""
        said = f"{type(error).__name__}: {error}"[:300]
        return cls(name, float("inf"), 0.0, "", "—", note=said, failed=True)

    @property
    def verdict(self) -> str:
        """As the table's last column says it."""
        if self.failed:
            return FAILED
        return "ok" if self.ok else "short"

    @property
    def ok(self) -> bool:
        """Whether the goal is met."""
        return self.value >= self.limit if self.least else self.value <= self.limit

    @property
    def goal(self) -> str:
        """The limit in words."""
        if self.failed:
            return "to be measured"
        return f"{'≥' if self.least else '≤'} {shown(self.limit, self.unit)}"

    @property
    def figure(self) -> str:
        """The value in words."""
        if self.failed:
            return "—"
        return shown(self.value, self.unit)


def beside(  # noqa: PLR0917 - each is another thing
    bench: "Bench",
    what: str,
    figures: Mapping[str, Sequence[float]],
    unit: str,
    most: float,
    share: float,
    profile: str,
) -> list[Row]:
    """The figure of the build here, and what it is of the older build's if there is one.

    *most* is *share* of what commit 6224bc4 came to on the machine of
    docs/performance.md.
    """
    mine = median(figures["this"])
    peer = "docs/performance.md"
    rows = [Row(what, mine, most, unit, peer, rounds=figures, profile=profile)]
    for each in bench.builds[1:]:
        if each.name in figures:
            older = median(figures[each.name])
            said = f"{mine:.2f} {unit}, the peer {older:.2f} {unit}"
            of = mine / older
            row = Row(what, of, share, "×", each.name, rounds=figures, note=said)
            rows.append(replace(row, profile=profile))
    return rows


def shown(value: float, unit: str) -> str:
    """A figure in words; ratios below one as 1/n."""
    if unit == "×":
        return f"1/{1 / value:.1f}" if 0 < value < 1 else f"{value:.2f} ×"
    return f"{value:,.{2 if value < SMALL else 0}f} {unit}"


def render(rows: Iterable[Row]) -> str:
    """The table as text; notes stand below their lines."""
    kept = list(rows)
    cells = [("what", "goal", "figure", "peer", "")]
    cells += [(x.what, x.goal, x.figure, x.peer, x.verdict) for x in kept]
    widths = [max(len(line[column]) for line in cells) for column in range(5)]
    lines = [_line(cells[0], widths), "  ".join("─" * width for width in widths)]
    for row, line in zip(kept, cells[1:], strict=True):
        lines.append(_line(line, widths))
        if row.note:
            lines.append(f"    {row.note}")
        if row.profile and not row.ok:
            lines.append(f"    profile: make profile WHAT={row.profile}")
    return "\n".join(lines)


def markdown(rows: Iterable[Row]) -> str:
    """The table as documentation shows it."""
    lines = [
        "| what | goal | figure | peer | measured | |",
        "|---|---|---|---|---|---|",
    ]
    lines += [f"| {' | '.join(_cells(row))} |" for row in rows]
    return "\n".join(lines)


def _cells(row: Row) -> tuple[str, ...]:
    return row.what, row.goal, row.figure, row.peer, row.note, row.verdict


def read_json(path: Path) -> list[Row]:
    """The rows that ``write_json`` wrote."""
    return [_row(data) for data in json.loads(path.read_text("utf-8"))["rows"]]


def _row(data: Mapping[str, Any]) -> Row:
    return Row(
        data["what"],
        float("inf") if data["value"] is None else data["value"],
        data["limit"],
        data["unit"],
        data["peer"],
        least=data["goal"].startswith("≥"),
        rounds=data["rounds"],
        note=data["note"],
        profile=data["profile"],
        failed=data["verdict"] == FAILED,
    )


def write_json(
    path: Path,
    rows: Iterable[Row],
    about: Mapping[str, object],
    profiles: Mapping[str, Sequence[str]],
) -> None:
    """Everything that was measured, with each round."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = [_data(row) for row in rows]
    data = {"format_version": "1", "about": about, "rows": kept, "profiles": profiles}
    path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _data(row: Row) -> dict[str, object]:
    return {
        "what": row.what,
        "goal": row.goal,
        "value": row.value if isfinite(row.value) else None,
        "limit": row.limit,
        "unit": row.unit,
        "figure": row.figure,
        "peer": row.peer,
        "ok": row.ok,
        "verdict": row.verdict,
        "medians": {name: median(each) for name, each in row.rounds.items() if each},
        "rounds": {name: list(each) for name, each in row.rounds.items()},
        "note": row.note,
        "profile": row.profile,
    }


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return "  ".join(padded).rstrip()

"""CSV of people → YAML nodes: one mapping per row, positioned at the row.

What YAML quotes is quoted here: numbers of phones, names such as "no". A byte
order mark, as spreadsheets write it, is skipped.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct
from yaml.error import Mark
from yaml.nodes import MappingNode, Node, ScalarNode

from reconciler.files.keys import CSV_KEYS
from reconciler.files.mapping import did_you_mean, shown
from reconciler.files.yaml_text import Page
from reconciler.model.parameter import BY_NAME, ValueKind

LABEL: Final = "label"
UNQUOTED: Final = frozenset(
    {
        e.name
        for e in BY_NAME.values()
        if e.kind in {ValueKind.BOOLEAN, ValueKind.INTEGER}
    }
    | {"coaching", "protect", "priority"}
)
"""Columns whose cells are true, false or a number; the others are text."""

_BREAK: Final = re.compile("\r\n|[\n\r]")


class CsvPeople(Struct, frozen=True):
    """The people of a CSV file by label, ``complete`` unless a row cannot be read.

    Of a row with too few or too many cells the label alone is known.
    """

    rows: MappingNode
    complete: bool


def people_rows(page: Page) -> CsvPeople | None:
    """The people of a CSV file; None, noted, where its first row is wrong."""
    errors = page.errors
    rows = _rows(page)
    header = next(rows, None)
    if header is None:
        page.wrong_at(1, 1, "this file is empty", "begin with the row label,to")
        return None
    names = _columns(page, header)
    if page.errors > errors:
        return None
    pairs = [pair for row in rows if (pair := _person(page, names, row))]
    top = Mark(page.file, 0, 0, 0, None, 0)
    return CsvPeople(MappingNode("", pairs, top, top), page.errors == errors)


_Row = list[ScalarNode]


def _rows(page: Page) -> Iterator[_Row]:
    """The rows that are not empty, each cell at its place."""
    lines = _BREAK.split(page.text)
    reader = csv.reader(io.StringIO(page.text, newline=""), strict=True)
    line = 0
    try:
        for row in reader:
            if any(map(str.strip, row)):
                yield list(_cells(page, row, line, lines))
            line = reader.line_num
    except csv.Error as error:
        hint = 'quote text that contains , or ", and double each " in it'
        page.wrong_at(line + 1, 1, f"this row is not CSV: {error}", hint)


def _cells(
    page: Page, row: Sequence[str], line: int, lines: Sequence[str]
) -> Iterator[ScalarNode]:
    start = 0
    for cell in row:
        source = lines[line] if line < len(lines) else ""
        column = max(source.find(cell, start), start)
        start = column + len(cell) + 1
        mark = Mark(page.file, 0, line, column, None, 0)
        yield ScalarNode("", cell.strip(), mark, mark, style='"')


def _columns(page: Page, header: _Row) -> list[str]:
    names: list[str] = []
    for cell in header:
        if cell.value in names:
            message = f"the column {shown(cell.value)} is given twice"
            page.wrong(cell, message, "remove one of them, with its cells")
        names.append(cell.value)
    if LABEL not in names:
        _note_no_label(page, header[0])
        return names
    for cell in header:
        if cell.value not in {LABEL, *CSV_KEYS}:
            hint = did_you_mean(cell.value, CSV_KEYS)
            columns = (
                "use label, to, timezone, or any key of a member that has a single "
                "value"
            )
            page.wrong(cell, f"unknown column {shown(cell.value)}", hint or columns)
    return names


def _note_no_label(page: Page, first: ScalarNode) -> None:
    if ";" in first.value or "\t" in first.value:
        hint = "separate the columns by commas: label,to"
    else:
        hint = "write the names of the columns in the first row: label,to"
    page.wrong(first, "the column label is missing", hint)


def _person(
    page: Page, names: Sequence[str], row: _Row
) -> tuple[ScalarNode, Node] | None:
    if len(row) != len(names):
        message = f"this row has {len(row)} cells, but the first row has {len(names)}"
        page.wrong(
            row[0], message, "write a cell for each column, empty if there is no value"
        )
        return _labelled(page, names, row)
    cells = dict(zip(names, row, strict=True))
    label = cells.pop(LABEL)
    if not label.value:
        page.wrong(label, "this row has no label", "write a label, such as ann")
        return None
    pairs = [(_key(label, name), _cell(name, scalar)) for name, scalar in cells.items()]
    given = [(key, value) for key, value in pairs if value.value]
    return label, MappingNode("", given, label.start_mark, label.end_mark)


def _labelled(
    page: Page, names: Sequence[str], row: _Row
) -> tuple[ScalarNode, Node] | None:
    """The label alone of a row whose other cells are not known; None without one."""
    label = dict(zip(names, row, strict=False)).get(LABEL)
    if label is None or not label.value:
        return None
    page.inputs.unread.add(page.place(label))
    return label, MappingNode("", [], label.start_mark, label.end_mark)


def _key(label: ScalarNode, name: str) -> ScalarNode:
    return ScalarNode("", name, label.start_mark, label.end_mark)


def _cell(name: str, cell: ScalarNode) -> ScalarNode:
    if name not in UNQUOTED:
        return cell
    word = cell.value.lower()
    value = word if word in {"true", "false"} else cell.value
    return ScalarNode("", value, cell.start_mark, cell.end_mark, style="")

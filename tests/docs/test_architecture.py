"""ARCHITECTURE.md names files that exist, and all packages."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "reconciler"


def rows() -> Iterator[tuple[str, str]]:
    """The first and the second cell of each row of the tables."""
    for line in (ROOT / "ARCHITECTURE.md").read_text("utf-8").splitlines():
        cells = [each.strip() for each in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == 2 and set(cells[0]) != {"-"}:
            yield cells[0], cells[1]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def found(name: str) -> bool:
    bases = (PACKAGE, ROOT)
    return any((base / name).exists() for base in bases)


def test_each_file_that_a_question_leads_to_exists() -> None:
    named = [
        name
        for _, answer in rows()
        for name in quoted(answer)
        if "/" in name or name.endswith(".py")
    ]
    assert len(named) > 80
    assert [name for name in named if not found(name)] == []


def test_each_function_in_parentheses_is_in_the_file_before_it() -> None:
    named = [
        pair
        for _, answer in rows()
        for pair in re.findall(r"`(\S+\.py)` \(`(\w+)`\)", answer)
    ]
    assert named
    for file, function in named:
        assert f"def {function}(" in (PACKAGE / file).read_text("utf-8"), file


def test_each_package_is_in_the_table_of_packages() -> None:
    text = " ".join(name for first, _ in rows() for name in quoted(first))
    packages = [each.parent.name for each in PACKAGE.glob("*/__init__.py")]
    assert len(packages) > 10
    assert [name for name in packages if f"{name}/" not in text.split()] == []


def test_each_part_of_a_package_exists() -> None:
    for first, _ in rows():
        package, *parts = quoted(first) or [""]
        if "(" not in first or "," in first:
            continue
        for part in parts:
            places = (PACKAGE / package / part, PACKAGE / package / f"{part}.py")
            alone = PACKAGE / part
            assert any(each.exists() for each in (*places, alone)), (package, part)


@pytest.mark.parametrize(
    ("question", "file"),
    [
        ("The pass itself", "engine/room/reconcile.py"),
        ("coach's rule", "planning/coaching.py"),
        ("after a 429", "engine/limits/rate_limiter.py"),
        ("webhook mark", "webhooks/receiver.py"),
        ("lost create searched for", "planning/call_search.py"),
        ("rows are pruned", "store/queries/retention.py"),
    ],
)
def test_a_newcomer_finds_the_file(question: str, file: str) -> None:
    (answer,) = [answer for first, answer in rows() if question in first]
    assert file in quoted(answer)

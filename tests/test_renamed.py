import ast
import re
from pathlib import Path

TESTS = Path(__file__).parent
THEN = frozenset((TESTS / "names_at_6224bc4.txt").read_text("utf-8").split())
LISTED = (TESTS / "RENAMED.md").read_text("utf-8")


def _rows(pattern: str) -> list[tuple[str, ...]]:
    return [match.groups() for match in re.finditer(pattern, LISTED, re.MULTILINE)]


REPLACED = frozenset(_rows(r"^\| `(test_\w+)` \| `(test_\w+)` \|"))
GONE = frozenset(then for (then,) in _rows(r"^\| `(test_\w+)` \|"))


def _names_of_today() -> frozenset[str]:
    trees = (ast.parse(path.read_bytes()) for path in TESTS.rglob("test_*.py"))
    return frozenset(
        node.name
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def test_no_test_is_lost() -> None:
    assert len(THEN) == 1178
    assert THEN - _names_of_today() == GONE


def test_each_name_that_took_the_place_of_another_exists() -> None:
    assert len(REPLACED) > 20
    assert {now for _, now in REPLACED} <= _names_of_today()

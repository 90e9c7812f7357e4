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
    defined = re.compile(r"^(?: {4})?(?:async )?def (test_\w+)\(", re.MULTILINE)
    paths = TESTS.rglob("test_*.py")
    return frozenset(
        name for path in paths for name in defined.findall(path.read_text("utf-8"))
    )


def test_no_test_is_lost() -> None:
    assert len(THEN) == 1178
    assert THEN - _names_of_today() == GONE


def test_each_name_that_took_the_place_of_another_exists() -> None:
    assert len(REPLACED) > 20
    assert {now for _, now in REPLACED} <= _names_of_today()

import re
from pathlib import Path

TESTS = Path(__file__).parent


def test_each_name_that_took_the_place_of_another_exists() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| `(\w+)` \|", (TESTS / "RENAMED.md").read_text(), re.MULTILINE
    )
    files = (each.read_text("utf-8") for each in TESTS.rglob("test_*.py"))
    names = {name for text in files for name in re.findall(r"def (test_\w+)", text)}
    assert len(rows) > 20
    assert {now for _, now in rows} - names == set()
    assert {then for then, _ in rows} & names == set()

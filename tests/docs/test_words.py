"""Texts that people read are plain technical English, in American spelling."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

UNWANTED = re.compile(
    r"\b(anew|goes on\b|lets? (?:it|them) through|very plan|tells of|is rung"
    r"|sights?|deeds?|thrift|patience|crews?|doors?|ears?|horizons?|truthfully"
    r"|held back|holds? back (?:its|those)|war of wills|keeping house|silence first"
    r"|dialled|dialling|behaviour|licence|labelled|colour|neighbour)\b",
    re.IGNORECASE,
)


def test_messages_have_none_of_the_unwanted_words() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for path in sorted((ROOT / "reconciler").rglob("*.py"))
        for line, text in messages(path.read_text("utf-8"))
        if UNWANTED.search(text)
    ]

    assert found == []


def test_pages_for_users_have_none_of_the_unwanted_words() -> None:
    named = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "deploy/README.md")
    pages = [*(ROOT / name for name in named), *(ROOT / "docs").rglob("*.md")]
    texts = {page.name: page.read_text("utf-8") for page in pages}
    found = {
        name: UNWANTED.findall(text.replace("twilio-behaviour", ""))
        for name, text in texts.items()
    }

    assert len(found) > 40
    assert {name: words for name, words in found.items() if words} == {}


def messages(source: str) -> Iterator[tuple[int, str]]:
    """Every text of *source* but its docstrings."""
    tree = ast.parse(source)
    alone = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in alone:
                yield node.lineno, text

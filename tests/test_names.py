"""A word names one thing: no class and no module has the name of another."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

Trees = dict[str, ast.Module]

PACKAGE = Path(__file__).parents[1] / "reconciler"

TABLES = "a table of the store is named after what it holds"
COMMAND = "a command is named after what it does"
CORE = "the module that gives its package its purpose"
SHARED_MODULES = {
    "account": TABLES,
    "attempt": TABLES,
    "call": TABLES,
    "notification": TABLES,
    "observation": TABLES,
    "roster": TABLES,
    "daemon": COMMAND,
    "decisions": COMMAND,
    "events": COMMAND,
    "overrides": COMMAND,
    "plan": COMMAND,
    "policy": COMMAND,
    "redial": COMMAND,
    "schedule": COMMAND,
}
SHARED_BY_PACKAGE = {"database": CORE, "exchange": CORE, "store": CORE, "world": CORE}
"""A module in the package of the same name."""
SHARED_PACKAGES = {
    "http": "the client of the one is not the server of the other",
    "webhooks": "the simulator sends what the product receives",
}


@pytest.fixture(scope="module")
def trees() -> Trees:
    """Each file of the package, parsed once."""
    paths = sorted(PACKAGE.rglob("*.py"))
    return {
        str(path.relative_to(PACKAGE)): ast.parse(path.read_bytes()) for path in paths
    }


def _modules() -> Iterator[Path]:
    return (each for each in PACKAGE.rglob("*.py") if not each.stem.startswith("__"))


def _packages() -> Iterator[Path]:
    return (each.parent for each in PACKAGE.rglob("__init__.py"))


def _shared(paths: Iterator[Path]) -> dict[str, list[Path]]:
    by_name = defaultdict(list)
    for path in paths:
        by_name[path.stem].append(path)
    return {name: found for name, found in by_name.items() if len(found) > 1}


def test_no_class_is_named_twice(trees: Trees) -> None:
    places = defaultdict(list)
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(f"{path}:{node.lineno}")
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_no_module_is_named_twice_but_commands_and_tables() -> None:
    shared = _shared(_modules())
    assert shared.keys() == SHARED_MODULES.keys()
    for name, paths in shared.items():
        folder = "tables" if SHARED_MODULES[name] is TABLES else "commands"
        assert len(paths) == 2
        assert any(path.parent.name == folder for path in paths), name


def test_no_package_is_named_twice_but_those_listed() -> None:
    assert _shared(_packages()).keys() == SHARED_PACKAGES.keys()


def test_a_module_is_named_as_a_package_only_inside_it() -> None:
    packages = {each.name for each in _packages()}
    named = {each for each in _modules() if each.stem in packages}
    assert {each.stem for each in named} == SHARED_BY_PACKAGE.keys()
    assert all(each.parent.name == each.stem for each in named)


def _documented(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    """Constants with the text below them, which is that of all in one block."""
    block: list[str] = []
    for node in body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)]) if name[1:].isupper():
                block.append(name)
            case ast.Expr(value=ast.Constant(value=str(text))):
                yield from ((name, text) for name in block)
                block = []
            case _:
                block = []


def test_durations_end_in_seconds(trees: Trees) -> None:
    wrong = [
        f"{path}: {name}"
        for path, tree in trees.items()
        for name, text in _documented(tree.body)
        if text.startswith("Seconds ") and not name.endswith("_SECONDS")
    ]
    assert wrong == []


PYTHONS_TERMS = {"timeout"}


def _defaults(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Parameters and fields with their defaults."""
    for node in ast.walk(tree):
        match node:
            case ast.arguments():
                plain = [*node.posonlyargs, *node.args]
                yield from (
                    (each.arg, default)
                    for each, default in zip(
                        [*plain[len(plain) - len(node.defaults) :], *node.kwonlyargs],
                        [*node.defaults, *node.kw_defaults],
                        strict=True,
                    )
                    if default is not None
                )
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as default):
                yield name, default
            case _:
                pass


def test_a_parameter_or_field_whose_default_is_in_seconds_says_so(trees: Trees) -> None:
    wrong = [
        f"{path}: {name}"
        for path, tree in trees.items()
        for name, default in _defaults(tree)
        if isinstance(default, ast.Name) and default.id.endswith("_SECONDS")
        if not name.endswith("_seconds") and name not in {*PYTHONS_TERMS, "seconds"}
    ]
    assert wrong == []


UNCLEAR = frozenset(
    [
        "sight",
        "deed",
        "thrift",
        "crew",
        "door",
        "doors",
        "ears",
        "weather",
        "horizon",
        "patience",
        "anew",
        "rests",
    ]
)
"""Words of which a reader has to guess what they stand for here."""
PARTICIPLES = frozenset(["found", "made", "given", "seen", "said", "told"])
"""Words that say how a thing came, and not what it is."""
INTERFACE = {
    "horizon": "a scenario's length, as its files have it",
}


def _words(name: str) -> set[str]:
    return set(re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower().split("_"))


def _named(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every name that is given to something, with its line."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.lineno, node.name
            case ast.arg():
                yield node.lineno, node.arg
            case ast.Name(ctx=ast.Store()):
                yield node.lineno, node.id
            case _:
                pass


def test_no_name_has_a_word_that_a_reader_must_guess(trees: Trees) -> None:
    unclear = [
        f"{path}:{line}: {name}"
        for path, tree in trees.items()
        for line, name in _named(tree)
        if (_words(name) & UNCLEAR) - INTERFACE.keys()
    ]
    assert unclear == []


def test_no_public_class_or_function_is_named_by_how_a_thing_came(trees: Trees) -> None:
    vague = [
        f"{path}: {node.name}"
        for path, tree in trees.items()
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if not node.name.startswith("_") and _words(node.name) & PARTICIPLES
    ]
    assert vague == []


MOST_PARAMETERS = 5
WITH_MORE = 24
"""Functions with more parameters: constructors of clients, the API, tables' rows."""


def test_few_functions_take_more_than_five_parameters(trees: Trees) -> None:
    long = [
        f"{path}: {node.name}"
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if _parameters(node.args) > MOST_PARAMETERS
    ]
    assert len(long) <= WITH_MORE, long


def _parameters(arguments: ast.arguments) -> int:
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    stars = (arguments.vararg, arguments.kwarg)
    own = [each for each in named if each.arg not in {"self", "cls"}]
    return len(own) + sum(each is not None for each in stars)

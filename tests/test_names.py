"""A word names one thing: no class and no module has the name of another."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

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


def _modules() -> Iterator[Path]:
    return (each for each in PACKAGE.rglob("*.py") if not each.stem.startswith("__"))


def _packages() -> Iterator[Path]:
    return (each.parent for each in PACKAGE.rglob("__init__.py"))


def _shared(paths: Iterator[Path]) -> dict[str, list[Path]]:
    by_name = defaultdict(list)
    for path in paths:
        by_name[path.stem].append(path)
    return {name: found for name, found in by_name.items() if len(found) > 1}


def test_no_class_is_named_twice() -> None:
    places = defaultdict(list)
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(f"{path.relative_to(PACKAGE)}:{node.lineno}")
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


def test_durations_end_in_seconds() -> None:
    wrong = [
        f"{path.relative_to(PACKAGE)}: {name}"
        for path in PACKAGE.rglob("*.py")
        for name, text in _documented(ast.parse(path.read_text("utf-8")).body)
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


def test_a_parameter_or_field_whose_default_is_in_seconds_says_so() -> None:
    wrong = [
        f"{path.relative_to(PACKAGE)}: {name}"
        for path in PACKAGE.rglob("*.py")
        for name, default in _defaults(ast.parse(path.read_text("utf-8")))
        if isinstance(default, ast.Name) and default.id.endswith("_SECONDS")
        if not name.endswith("_seconds") and name not in {*PYTHONS_TERMS, "seconds"}
    ]
    assert wrong == []

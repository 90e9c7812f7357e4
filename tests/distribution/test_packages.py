"""What is pinned, bounded and licensed is what the package needs, and no more."""

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.metadata import requires, version
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import reconciler

ROOT = Path(__file__).resolve().parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
DEPENDENCIES = {
    canonicalize_name(each.name): each
    for each in map(Requirement, PROJECT["project"]["dependencies"])
}
EXTRAS = {
    name: [Requirement(each) for each in needed]
    for name, needed in PROJECT["project"]["optional-dependencies"].items()
}
PINS = [
    "constraints.txt",
    *(
        f"constraints/{n}.txt"
        for n in ("runtime", "image", "build", "sbom", "docs", "lint-image", "install")
    ),
]
PRIVATE = {
    ("yaml._yaml", "CParser"): "pyyaml",
    ("uvicorn.protocols.http.h11_impl", "H11Protocol"): "uvicorn",
    ("uvicorn.protocols.http.httptools_impl", "HttpToolsProtocol"): "uvicorn",
    ("uvicorn.server", "ServerState"): "uvicorn",
    ("httpx._main", "main"): "httpx",
}
"""Undocumented names that the package uses, and the distribution of each."""

_DOTTED = re.compile(r"[a-z]\w*(\._?[a-z]\w*)*\._[a-z]\w*")


def _pins(path: str) -> dict[str, Requirement]:
    lines = (ROOT / path).read_text("utf-8").splitlines()
    stated = [line.rstrip(" \\") for line in lines if line and not line.startswith(" ")]
    return {canonicalize_name(r.name): r for r in map(Requirement, stated)}


def _applies(requirement: Requirement, extra: str = "") -> bool:
    marker = requirement.marker
    return marker is None or marker.evaluate({"extra": extra})


def _closure(wanted: Iterable[Requirement]) -> set[str]:
    """Names of all that *wanted* needs on this machine, itself included."""
    open_, names = list(wanted), set[str]()
    seen = set[str]()
    while open_:
        requirement = open_.pop()
        if str(requirement) in seen:
            continue
        seen.add(str(requirement))
        names.add(canonicalize_name(requirement.name))
        needs = [Requirement(each) for each in requires(requirement.name) or ()]
        extras = {"", *requirement.extras}
        open_ += [each for each in needs if any(_applies(each, e) for e in extras)]
    return names


def _imports(path: Path) -> Iterator[tuple[str, str]]:
    """Each outside module imported, with the name taken from it ("" for none)."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((each.name, "") for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, each.name) for each in node.names)
        elif isinstance(node, ast.Constant) and _DOTTED.fullmatch(str(node.value)):
            yield str(node.value), ""


def _is_private(module: str, name: str) -> bool:
    parts = [*module.split("."), name]
    hidden = any(re.match(r"_[a-z]", part, re.IGNORECASE) for part in parts)
    return hidden or module.startswith("uvicorn.")


def test_every_private_name_that_is_used_is_listed() -> None:
    files = [*ROOT.glob("reconciler/**/*.py"), *ROOT.glob("migrations/**/*.py")]
    used = {
        (module, name)
        for path in files
        for module, name in _imports(path)
        if not module.startswith("reconciler") and _is_private(module, name)
    }
    listed = set(PRIVATE) | {(module, "") for module, _ in PRIVATE}
    assert used, "the search finds nothing"
    assert used <= listed


@pytest.mark.parametrize(("place", "distribution"), PRIVATE.items(), ids=str)
def test_a_private_name_exists_and_its_distribution_has_an_upper_bound(
    place: tuple[str, str], distribution: str
) -> None:
    module, name = place

    assert hasattr(import_module(module), name)
    specifier = DEPENDENCIES[canonicalize_name(distribution)].specifier
    assert {"<", "<=", "~=", "=="} & {each.operator for each in specifier}
    assert version(distribution) in specifier


def test_the_version_is_stated_once() -> None:
    project = PROJECT["project"]
    assert project["name"] == "conference-reconciler"
    assert "version" not in project
    assert project["dynamic"] == ["readme", "urls", "version"]
    assert PROJECT["tool"]["hatch"]["version"]["path"] == "reconciler/__init__.py"
    assert re.fullmatch(r"\d+\.\d+\.\d+", reconciler.__version__)


@pytest.mark.parametrize("path", PINS)
def test_a_file_of_pins_has_versions_and_hashes_and_no_address(path: str) -> None:
    text = (ROOT / path).read_text("utf-8")
    for pin in re.split(r"\n(?! )", text.strip()):
        assert re.match(r"[a-z0-9-]+==\S+", pin), pin
        assert "--hash=sha256:" in pin, pin
    assert "://" not in text
    assert "index" not in text


def test_the_runtime_pins_are_what_the_package_needs_and_no_more() -> None:
    pinned = {
        n for n, each in _pins("constraints/runtime.txt").items() if _applies(each)
    }
    assert pinned == _closure([*DEPENDENCIES.values(), *EXTRAS["postgres"]])


def test_the_image_has_all_extras_and_no_more() -> None:
    pinned = {n for n, each in _pins("constraints/image.txt").items() if _applies(each)}
    extras = [each for needed in EXTRAS.values() for each in needed]
    assert set(EXTRAS) == {"postgres", "page", "otel", "notify", "scale"}
    assert pinned == _closure([*DEPENDENCIES.values(), *extras])


def test_the_extras_are_documented_and_nothing_needs_one_to_start() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for name, needed in EXTRAS.items():
        assert f"| `{name}` |" in readme
        assert not {canonicalize_name(x.name) for x in needed} & DEPENDENCIES.keys()


@pytest.mark.parametrize("path", PINS[1:4])
def test_pins_are_the_same_wherever_a_package_is_pinned(path: str) -> None:
    everything = _pins("constraints.txt")
    for name, pin in _pins(path).items():
        assert pin.specifier == everything[name].specifier, name


def test_every_dependency_for_development_is_pinned() -> None:
    everything = _pins("constraints.txt")
    groups = PROJECT["dependency-groups"]
    for group in ("build", "test", "check", "bench"):
        for each in groups[group]:
            if isinstance(each, str):
                requirement = Requirement(each)
                pin = everything[canonicalize_name(requirement.name)]
                (exact,) = pin.specifier
                assert exact.version in requirement.specifier, each


def test_the_license_of_every_package_of_the_image_is_listed() -> None:
    lines = (ROOT / "docs/licenses.md").read_text("utf-8").splitlines()
    rows = [[c.strip() for c in line.split("|")[1:3]] for line in lines[2:]]
    licenses = {canonicalize_name(name): terms for name, terms in rows}
    pins = _pins("constraints/image.txt")

    assert set(licenses) == {name for name, each in pins.items() if _applies(each)}
    assert "UNKNOWN" not in licenses.values()
    assert "GPL" not in " ".join(each.replace("LGPL", "") for each in licenses.values())

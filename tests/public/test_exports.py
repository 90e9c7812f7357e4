"""What ``import reconciler`` offers, and what it costs."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import reconciler

STUB = Path(reconciler.__file__).with_suffix(".pyi")


def test_the_types_are_those_of_the_names_that_are_imported() -> None:
    tree = ast.parse(STUB.read_text("utf-8"))
    typed = {
        alias.name: node.module
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }

    assert typed == reconciler._MODULES  # type: ignore[attr-defined]
    assert set(reconciler.__all__) == {*typed, "__version__"}


def test_every_name_is_there_and_listed() -> None:
    for name in reconciler.__all__:
        assert getattr(reconciler, name) is not None
        assert name in dir(reconciler)
    with pytest.raises(AttributeError, match="no attribute 'plam'"):
        reconciler.plam  # type: ignore[attr-defined]  # noqa: B018 - it is the point


@pytest.mark.process
def test_the_import_alone_brings_no_other_module() -> None:
    code = (
        "import sys; before = set(sys.modules); import reconciler; "
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == ["reconciler"]

"""The engine's ports hold what the engine calls, and nothing else."""

import re
from pathlib import Path

import pytest

from reconciler.engine.ports import Provider, Store

ENGINE = Path(__file__).parents[2] / "reconciler" / "engine"


@pytest.mark.parametrize(("port", "named"), [(Store, "store"), (Provider, "provider")])
def test_each_method_of_a_port_is_called_by_the_engine(port: type, named: str) -> None:
    text = "".join(each.read_text("utf-8") for each in ENGINE.rglob("*.py"))
    methods = [name for name in vars(port) if name[0] != "_"]
    uncalled = [x for x in methods if not re.search(rf"\b{named}\.{x}\b", text)]
    assert len(methods) > 8
    assert uncalled == []

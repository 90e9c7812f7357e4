"""docs/api.md: its examples run."""

import doctest
import re
from pathlib import Path

import pytest

from tests.cli.conftest import World

PAGE = (Path(__file__).parents[2] / "docs/api.md").read_text("utf-8")
EXAMPLES = PAGE.partition("## Reference")[0]


def test_every_example_does_what_the_page_says(
    here: World, capsys: pytest.CaptureFixture[str]
) -> None:
    [roster] = re.findall(r"```yaml\n(.*?)```", EXAMPLES, re.DOTALL)
    here.write(roster)
    names: dict[str, object] = {}

    for kind, block in re.findall(r"```(python|pycon)\n(.*?)```", EXAMPLES, re.DOTALL):
        if kind == "python":
            exec(compile(block, "docs/api.md", "exec"), names)  # noqa: S102 - its own page
        else:
            _check(block, names)

    assert sorted(here.creates()) == ["ann", "bob", "cleo"]
    assert "converged" in capsys.readouterr().out


def _check(block: str, names: dict[str, object]) -> None:
    test = doctest.DocTestParser().get_doctest(block, names, "docs/api.md", None, None)
    runner = doctest.DocTestRunner(verbose=False)
    report: list[str] = []
    runner.run(test, out=report.append, clear_globs=False)
    assert runner.tries
    assert runner.failures == 0, "".join(report)
    names.update(test.globs)

"""The documentation says what the code does."""

import os
import re
from pathlib import Path

import pytest

from reconciler.cli.failure import _CODES
from reconciler.cli.main import cli
from reconciler.files import load
from reconciler.files.reference import reference
from reconciler.settings import read_settings

ROOT = Path(__file__).resolve().parents[2]


def test_the_roster_reference_is_that_of_the_table() -> None:
    text = (ROOT / "docs/rosters.md").read_text("utf-8")

    assert text.endswith(reference()), (
        "docs/rosters.md is stale: 'python -m reconciler.files.reference' prints it"
    )


@pytest.mark.parametrize("page", ["README.md", "docs/rosters.md"])
def test_every_roster_in_the_documentation_is_valid(page: str, tmp_path: Path) -> None:
    blocks = re.findall(
        r"```yaml\n(.*?)```", (ROOT / page).read_text("utf-8"), re.DOTALL
    )
    assert blocks

    for number, block in enumerate(blocks):
        path = tmp_path / f"{number}.yaml"
        path.write_text(block, "utf-8")
        assert load([path], os.environ).rosters


def test_every_command_named_in_the_readme_exists() -> None:
    text = (ROOT / "README.md").read_text("utf-8")

    named = set(re.findall(r"reconciler ([a-z]+)", text)) - {"keeps"}

    assert named
    assert named <= set(cli.list_commands(None))  # type: ignore[arg-type]


def test_every_exit_code_of_an_error_is_documented() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    documented = {int(code) for code in re.findall(r"\| (\d+) \|", text)}

    assert {code for _, code in _CODES} <= documented


def test_every_setting_in_the_readme_is_read() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    named = set(re.findall(r"`((?:TWILIO|RECONCILER)_[A-Z_]+)`", text))
    asked: set[str] = set()

    class Asking(dict[str, str]):
        def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
            asked.add(name)
            return default

    read_settings(Asking(), lambda path: path)

    assert named <= asked

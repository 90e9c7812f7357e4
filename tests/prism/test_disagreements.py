"""The table of docs/simulator.md of where Twilio's document and its answers disagree."""

from pathlib import Path

from tests.prism.disagreements import DISAGREEMENTS

PAGE = Path(__file__).parents[2] / "docs" / "simulator.md"


def test_the_page_has_each_disagreement_as_it_is_checked() -> None:
    rows = [
        f"| {each.documented} | {each.answered} | {each.source} |"
        for each in DISAGREEMENTS
    ]
    shown = PAGE.read_text("utf-8").splitlines()

    assert [each for each in rows if each not in shown] == []

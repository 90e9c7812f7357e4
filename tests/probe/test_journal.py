"""Records of a state file are read as they were written."""

from pathlib import Path

import pytest

from reconciler.probe.journal import Journal


@pytest.mark.parametrize("note", ["a\u2028b", "a\u2029b", "a\x85b", "a\x1eb", "a\nb"])
def test_a_note_with_any_line_break_is_one_record(tmp_path: Path, note: str) -> None:
    path = tmp_path / "state.jsonl"
    journal = Journal(path)
    begun = {"version": 1, "account": "AC1", "addresses": {}, "run": "1", "at": 0}
    journal.append("begun", **begun)
    answer = {"answers": {}, "notes": [note], "evidence": [], "at": 1}
    journal.append("answered", question="pace", **answer)
    assert Journal(path).records == journal.records

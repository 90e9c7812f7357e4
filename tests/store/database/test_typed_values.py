"""Stored values become types of the model, in many threads at once."""

import json
import subprocess
import sys
from dataclasses import dataclass

import pytest
from msgspec import ValidationError

from reconciler.store.database.typed_values import as_type, from_json

AT_ONCE = """
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import make_dataclass
from threading import Barrier

from reconciler.store.database.typed_values import as_type

sys.setswitchinterval(1e-7)
threads = 6
with ThreadPoolExecutor(threads) as pool:
    for number in range(20):
        part = make_dataclass(f"Part{number}", [(f"b{n}", int) for n in range(12)])
        whole = make_dataclass(f"Whole{number}", [(f"a{n}", part) for n in range(12)])
        document = {f"a{n}": {f"b{m}": m for m in range(12)} for n in range(12)}
        together = Barrier(threads)

        def read(_: int) -> object:
            together.wait()
            return as_type(document, whole)

        first, *others = pool.map(read, range(threads))
        assert all(each == first for each in others)
"""


@dataclass(frozen=True, slots=True)
class Row:
    number: int
    name: str | None = None


@pytest.mark.process
def test_threads_that_read_a_type_for_the_first_time_all_get_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", AT_ONCE], capture_output=True, check=False, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_document_and_a_row_are_read_alike() -> None:
    assert as_type({"number": 1}, Row) == as_type(Row(1), Row) == Row(1)
    assert as_type([{"number": 2}], tuple[Row, ...]) == (Row(2),)


def test_a_document_of_another_type_is_refused() -> None:
    with pytest.raises(ValidationError):
        as_type({"number": "x"}, Row)


@pytest.mark.parametrize(
    "text", ['{"number": 1, "more": [0]}', '{"number": 2, "name": "\\ud83d\\ude00"}']
)
def test_a_text_is_read_as_its_value(text: str) -> None:
    assert from_json(text, Row) == as_type(json.loads(text), Row)


def test_what_is_no_strict_json_is_read_as_the_standard_library_does() -> None:
    assert from_json("[NaN, Infinity]", list[float])[1] == float("inf")


@pytest.mark.parametrize("text", ['{"number": "x"}', "{}", "[1]"])
def test_a_text_of_another_type_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        from_json(text, Row)

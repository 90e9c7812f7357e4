"""JSON of columns is read as the standard library reads it."""

import json

import pytest

from reconciler.store.database.json_text import decoded


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        [],
        {"a": [1, 2.5, True, None, "ä\u2028"], "b": {"c": -(2**70)}},
        "\ud800 alone",
        float("inf"),
        2**64,
        "\x00",
    ],
)
def test_what_was_written_is_read_again(value: object) -> None:
    text = json.dumps(value)
    found = decoded(text)
    assert found == json.loads(text)
    assert type(found) is type(json.loads(text))


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(json.JSONDecodeError):
        decoded("{")

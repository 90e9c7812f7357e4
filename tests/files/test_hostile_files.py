"""Whatever stands in the files of a folder, a load says what is wrong and goes on."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.files import examine, render_problem
from reconciler.files.declared_room import KEYS
from reconciler.files.groups import KEYS as GROUP_KEYS
from reconciler.files.keys import MODE_KEYS, OURS
from reconciler.files.schedule_field import SCHEDULE_KEYS

WORDS = st.sampled_from(
    [
        *("ann", "bob", "g", "r", "m", "others", "unlisted", "role r", "normal", ""),
        *("csv", "people.csv", "p.yaml", "room.yaml", "client:a", "daily 08:00-10:00"),
        *(*KEYS, *OURS, *GROUP_KEYS, *MODE_KEYS, *SCHEDULE_KEYS),
    ]
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    WORDS | st.booleans() | st.integers(-1, 300) | st.none(),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(WORDS, each, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(
    st.sampled_from([*KEYS, "people", "x-a"]), VALUES, max_size=4
)
ROWS = st.text(st.sampled_from('label,to\n"ann;\r\ufeff \x00é'), max_size=40)
ROOM = {
    "version": 1,
    "conference": "room",
    "from": "+15550100000",
    "participants": {"ann": {"to": "client:a"}, "bob": {}},
    "groups": {"g": ["ann"]},
    "roles": {"r": {}},
    "modes": {"m": {}},
}
PEOPLE = {"version": 1, "people": {"bob": {"to": "client:bob"}}}


@settings(deadline=None)
@given(DOCUMENTS, DOCUMENTS, DOCUMENTS, ROWS)
def test_a_load_ends_with_rooms_or_with_errors(
    room: dict[str, Any], people: dict[str, Any], part: dict[str, Any], rows: str
) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "room.yaml").write_text(json.dumps(ROOM | room))
        (folder / "people.yaml").write_text(json.dumps(PEOPLE | people))
        (folder / "p.yaml").write_text(json.dumps(part))
        (folder / "people.csv").write_text(rows, newline="")

        loading, problems = examine([folder], {})

        assert all(map(render_problem, problems))
        assert loading.declarations or loading.refused

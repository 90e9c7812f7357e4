"""docs/notifications.md says what the code does."""

import base64
import re
import time
from pathlib import Path
from typing import Any

from reconciler.engine.room.notices import BY_OUTCOME
from reconciler.files.notify_file import KEYS, load_targets
from reconciler.model.event import Event
from reconciler.model.notice import BY_KIND, Notice
from reconciler.model.notification import Notification
from reconciler.notifications.cloudevent import cloudevent, headers

TEXT = (Path(__file__).resolve().parents[2] / "docs/notifications.md").read_text(
    "utf-8"
)
SECRET = "whsec_" + base64.b64encode(bytes(32)).decode()


def rows(section: str) -> dict[str, str]:
    text = TEXT.partition(f"## {section}\n")[2].partition("\n## ")[0]
    found = re.findall(r"^\| `(.*?)` \| (.*) \|$", text, re.MULTILINE)
    return dict(found)


def test_every_kind_is_in_the_table_with_its_events() -> None:
    table = rows("Kinds")
    assert list(table) == [str(each) for each in Notice]
    for kind, notice in BY_KIND.items():
        assert f"`{kind}" in table[notice]
    for notice in BY_OUTCOME.values():
        assert "`attempt.ended`" in table[notice]


def test_every_key_of_a_target_is_in_the_table() -> None:
    assert set(rows("Targets")) == set(KEYS)


def test_the_example_is_read() -> None:
    example = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)[0]
    environ = {"OPS_SECRET": SECRET, "SLACK_URL": "slack://a/b/c"}
    ops, chat = load_targets(None, example, environ)
    assert ops.wants("incident-7", Notice.STALLED, ())
    assert not ops.wants("hearing-2", Notice.STALLED, ())
    assert chat.wants("hearing-2", Notice.LEFT, ("left",))
    assert not chat.wants("hearing-2", Notice.LEFT, ("busy",))


def test_the_way_to_verify_a_signature_works_and_notices_a_change() -> None:
    code = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)[0]
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - our own documentation
    event = Event("bridge", 1.0, "attempt.ended", "left", notice="left")
    body = cloudevent(Notification(1, 42, event, "ops", 0, "urn:uuid:1"))
    signed = headers(body, "42", SECRET, time.time())
    assert names["verify"](signed, body, SECRET)
    assert not names["verify"](signed, body + b" ", SECRET)
    assert not names["verify"]({**signed, "webhook-id": "43"}, body, SECRET)
    old = headers(body, "42", SECRET, time.time() - 600)
    assert not names["verify"](old, body, SECRET)

"""What every command prints with ``--output json``, played through in one world."""

import base64
import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from tests.cli.conftest import World

ROSTER = """\
version: 1
people:
  eve: {to: "+15551230011"}
  fay: {to: "+15551230012"}
groups:
  pool: [eve, fay]
---
version: 1
conference: line
from: "+15550100001"
timezone: Europe/Berlin
defaults: {muted: false, hold: false}
participants:
  ann: {to: "+15551230001", status_callback: "https://example.com/hook?secret=1"}
  bob: {to: "client:bob", muted: true}
  cara: {to: "sip:cara@example.com", hold: true}
  sup: {to: "+15551230009", coaching: ann}
  dan: {to: "+15551230004"}
groups:
  pool: {want: 1}
modes:
  quiet: {ann: {muted: false}, others: {muted: true}}
schedule:
  - {when: "daily 00:00-23:59", mode: normal}
limits: {removals: 1}
"""
OTHER = (
    'version: 1\nconference: other\nfrom: "+15550100001"\nparticipants:\n'
    '  zoe: {to: "+15551230021"}\n'
)

NOTIFY = f"""\
version: 1
targets:
  - name: ops
    url: http://127.0.0.1:9/hook
    secret: whsec_{base64.b64encode(bytes(32)).decode()}
"""

STORY: list[tuple[str, ...]] = [
    ("version", "version"),
    ("init", "init", "new"),
    ("validate", "validate"),
    ("fmt", "fmt", "--check"),
    ("plan", "plan", "--out", "plan.json"),
    ("sync", "sync"),
    ("apply", "apply", "plan.json"),
    ("status", "status", "--audibility"),
    ("status", "status", "--live"),
    ("doctor", "doctor"),
    ("db-current", "db", "current"),
    ("db-upgrade", "db", "upgrade"),
    ("db-backup", "db", "backup", "copy.db"),
    ("schedule", "schedule", "line", "--days", "2"),
    ("set", "set", "line", "ann", "muted=true", "--for", "10m", "--reason", "noise"),
    ("mode", "mode", "line", "quiet", "--for", "10m"),
    ("plan", "plan"),
    ("status", "status"),
    ("explain", "explain", "line", "ann"),
    ("unset", "unset", "line", "--all"),
    ("mute-all", "mute-all", "line", "--except", "ann", "--for", "10m"),
    ("unset", "unset", "line", "--all"),
    ("only", "only", "line", "ann", "bob", "--for", "10m"),
    ("unset", "unset", "line", "--all"),
    ("sync", "sync"),
    ("HANG-UP", "dan"),
    ("STRANGER", "+15559990000"),
    ("plan", "plan"),
    ("redial", "redial", "line", "dan"),
    ("resolve", "resolve", "line", "--all", "--rung"),
    ("plan", "plan", "--target", "line/ann"),
    ("sync", "sync"),
    ("pause", "pause", "line", "--for", "10m"),
    ("status", "status"),
    ("resume", "resume", "line"),
    ("SHRINK",),
    ("plan", "plan"),
    ("sync", "sync"),
    ("status", "status"),
    ("approve", "approve", "line", "--yes"),
    ("approve", "approve", "line", "--yes"),
    ("sync", "sync"),
    ("history", "history", "line"),
    ("diff", "diff", "line@1"),
    ("diff", "diff", "line", "--live"),
    ("rollback", "rollback", "line", "--to", "1", "--yes"),
    ("status", "status"),
    ("unpin", "unpin", "line"),
    ("explain", "explain", "line", "dan"),
    ("end", "end", "line", "--yes"),
    ("start", "start", "line"),
    ("BREAK",),
    ("validate", "validate"),
    ("plan", "plan"),
    ("status", "status"),
    ("explain", "explain", "line", "ann"),
    ("error", "explain", "line", "nobody"),
    ("error", "sync", "broken"),
    ("exposure", "exposure", "line"),
    ("events", "events", "--limit", "200"),
    ("bug-report", "bug-report"),
    ("policy-check", "policy", "check", "policy.yaml"),
    ("notify-list", "notify", "list"),
    ("notify-test", "notify", "test"),
    ("release", "release", "line"),
    ("forget", "forget", "line", "--yes"),
    ("db-rebind", "db", "rebind", "--yes"),
    ("db-restore", "db", "restore", "copy.db", "--yes"),
]


def outputs(world: World) -> dict[str, list[Any]]:
    """Each JSON document that the story prints, by the name of its schema."""
    world.write(ROSTER)
    world.write(OTHER, "other.yaml")
    (world.folder / "policy.yaml").write_text("version: 1\n")
    (world.folder / "notify.yaml").write_text(NOTIFY)
    printed: dict[str, list[Any]] = defaultdict(list)
    for name, *words in STORY:
        if name.isupper():
            _happen(world, name, words)
            continue
        done = world.run(
            *words, "--output", "json", RECONCILER_NOTIFY_FILE="notify.yaml"
        )
        found = list(_documents(done.out))
        assert found, f"{' '.join(words)}: {done.err}"
        printed[_schema_of(name, found[0])] += found
    return dict(printed)


def _happen(world: World, name: str, words: list[str]) -> None:
    match name:
        case "HANG-UP":
            world.tell("hang-up", who=words[0])
        case "STRANGER":
            world.tell("dial-in", room="line", **{"from": words[0]})
        case "SHRINK":
            lines = ROSTER.splitlines(keepends=True)
            gone = ("  bob:", "  cara:", "  dan:")
            world.write("".join(x for x in lines if not x.startswith(gone)))
        case _:
            world.write(OTHER.replace("zoe:", "zoe: 1\n  x:"), "other.yaml")


def _schema_of(name: str, document: Any) -> str:
    return "error" if "error" in document and "format_version" in document else name


def _documents(text: str) -> Iterator[Any]:
    decoder, rest = json.JSONDecoder(), text.strip()
    while rest:
        document, end = decoder.raw_decode(rest)
        yield document
        rest = rest[end:].strip()

"""What every command prints with ``--output json``, played through in one world."""

import base64
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from tests.cli import in_process
from tests.cli.conftest import Ended, World
from tests.cli.json_contract import documents, schema_name

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

PROBE = ("--from", "+15550100001", "--answering", "client:a", "--ringing", "client:b")

STORY: list[tuple[str, ...]] = [
    ("version",),
    ("init", "new"),
    ("validate",),
    ("fmt", "--check"),
    ("plan", "--out", "plan.json"),
    ("sync",),
    ("apply", "plan.json"),
    ("status", "--audibility"),
    ("status", "--live"),
    ("doctor",),
    ("probe", *PROBE, "--only", "pages", "--only", "callers", "--yes"),
    ("probe", "--compare", "twilio-profile.yaml"),
    ("db", "current"),
    ("db", "upgrade"),
    ("db", "backup", "copy.db"),
    ("schedule", "line", "--days", "2"),
    ("set", "line", "ann", "muted=true", "--for", "10m", "--reason", "noise"),
    ("mode", "line", "quiet", "--for", "10m"),
    ("plan",),
    ("status",),
    ("explain", "line", "ann"),
    ("unset", "line", "--all"),
    ("mute-all", "line", "--except", "ann", "--for", "10m"),
    ("unset", "line", "--all"),
    ("only", "line", "ann", "bob", "--for", "10m"),
    ("unset", "line", "--all"),
    ("sync",),
    ("HANG-UP", "dan"),
    ("STRANGER", "+15559990000"),
    ("plan",),
    ("redial", "line", "dan"),
    ("resolve", "line", "--all", "--rung"),
    ("plan", "--target", "line/ann"),
    ("sync",),
    ("pause", "line", "--for", "10m"),
    ("status",),
    ("resume", "line"),
    ("SHRINK",),
    ("plan",),
    ("sync",),
    ("status",),
    ("approve", "line", "--yes"),
    ("approve", "line", "--yes"),
    ("sync",),
    ("history", "line"),
    ("diff", "line@1"),
    ("diff", "line", "--live"),
    ("rollback", "line", "--to", "1", "--yes"),
    ("status",),
    ("unpin", "line"),
    ("explain", "line", "dan"),
    ("end", "line", "--yes"),
    ("start", "line"),
    ("BREAK",),
    ("validate",),
    ("plan",),
    ("status",),
    ("explain", "line", "ann"),
    ("explain", "line", "nobody"),
    ("sync", "broken"),
    ("exposure", "line"),
    ("events", "--limit", "200"),
    ("bug-report",),
    ("policy", "check", "policy.yaml"),
    ("notify", "list"),
    ("notify", "test"),
    ("release", "line"),
    ("forget", "line", "--yes"),
    ("play", "--seeds", "2", "--jobs", "1"),
    ("play", "--seed", "4", "--explain"),
    ("RECORD", "run.jsonl"),
    ("replay", "run.jsonl"),
    ("db", "rebind", "--yes"),
    ("db", "restore", "copy.db", "--yes"),
]


PLAIN = """\
version: 1
conference: line
from: "+15550100001"
participants:
  ann: {to: "+15551230001", muted: false}
  bob: {to: "client:bob", muted: true}
modes:
  quiet: {ann: {muted: true}}
"""

ENDLESS: list[tuple[str, ...]] = [
    ("version",),
    ("bug-report",),
    ("db", "current"),
    ("notify", "list"),
    ("status",),
    ("plan",),
    ("doctor",),
    ("sync", "--timeout", "0"),
    ("sync", "--no-wait"),
    ("sync",),
    ("approve", "line", "--yes"),
    ("unpin", "line"),
    ("unset", "line", "--all"),
    ("rollback", "line", "--to", "1", "--yes"),
    ("redial", "line", "--left"),
    ("redial", "line", "ann"),
    ("resolve", "line", "--all", "--rung"),
    ("resume", "line"),
    ("start", "line"),
    ("history", "line"),
    ("diff", "line@1"),
    ("schedule", "line"),
    ("exposure", "line"),
    ("set", "line", "ann", "muted=true"),
    ("LOOK",),
    ("set", "line", "ann", "muted=false"),
    ("unset", "line", "ann"),
    ("unset", "line", "--all"),
    ("mute-all", "line"),
    ("LOOK",),
    ("only", "line", "ann"),
    ("LOOK",),
    ("mode", "line", "quiet"),
    ("LOOK",),
    ("sync",),
    ("unset", "line", "--all"),
    ("end", "line", "--yes"),
    ("LOOK",),
    ("sync",),
    ("start", "line"),
    ("LOOK",),
    ("unset", "line", "--all"),
    ("sync",),
    ("pause", "line"),
    ("LOOK",),
    ("sync",),
    ("redial", "line", "--all"),
    ("pause", "line"),
    ("resume", "line"),
    ("SHRINK",),
    ("plan", "--at", "2030-01-01T00:00:00Z"),
    ("sync",),
    ("explain", "line", "bob"),
    ("rollback", "line", "--to", "1", "--yes"),
    ("LOOK",),
    ("history", "line"),
    ("unpin", "line"),
    ("DOWN",),
    ("LOOK",),
    ("sync", "--no-wait"),
    ("redial", "line", "ann"),
    ("approve", "line", "--yes"),
    ("diff", "line", "--live"),
    ("UP",),
    ("release", "line"),
    ("release", "line"),
    ("status",),
    ("exposure", "line"),
    ("events",),
    ("forget", "line", "--yes"),
    ("status",),
    ("bug-report", "--events", "5"),
    ("bug-report", "--database-url", "mysql://db/x"),
    ("policy", "check", "wrong.yaml"),
]
"""Overrides without an end, nothing to do, nothing known: what is null or empty."""

LOOKS = (
    ("status", "--audibility"),
    ("status", "--recorded"),
    ("plan",),
    ("explain", "line", "ann"),
)


def endless(world: World) -> dict[str, list[Any]]:
    """The same for a world in which little is declared and nothing has an end."""
    world.write(PLAIN)
    (world.folder / "wrong.yaml").write_text("version: 1\nregions: [UK]\n")
    printed: dict[str, list[Any]] = defaultdict(list)
    for words in ENDLESS:
        match words[0]:
            case "LOOK":
                for look in LOOKS:
                    _print(world, printed, look)
            case "SHRINK":
                kept = [x for x in PLAIN.splitlines(keepends=True) if "bob" not in x]
                world.write("".join(kept))
            case "DOWN":
                world.tell("faults", kind="500", times=1000)
            case "UP":
                world.exchange.faults.clear()
            case _:
                _print(world, printed, words)
    return dict(printed)


def outputs(world: World) -> dict[str, list[Any]]:
    """Each JSON document that the story prints, by the name of its schema."""
    world.write(ROSTER)
    world.write(OTHER, "other.yaml")
    (world.folder / "policy.yaml").write_text("version: 1\n")
    (world.folder / "notify.yaml").write_text(NOTIFY)
    printed: dict[str, list[Any]] = defaultdict(list)
    for words in STORY:
        if words[0].isupper():
            _happen(world, *words)
        else:
            _print(world, printed, words, RECONCILER_NOTIFY_FILE="notify.yaml")
    return dict(printed)


def _print(
    world: World, printed: dict[str, list[Any]], words: Sequence[str], **environ: str
) -> None:
    asked = (*words, "--output", "json")
    done = Ended(*in_process.run(asked, world.folder, world.env(**environ), None))
    found = list(documents(done.out))
    assert found, f"{' '.join(words)}: {done.err}"
    for each in found:
        printed[schema_name(asked, each)].append(each)


def _happen(world: World, name: str, who: str = "") -> None:
    match name:
        case "HANG-UP":
            world.tell("hang-up", who=who)
        case "STRANGER":
            world.tell("dial-in", room="line", **{"from": who})
        case "RECORD":
            world.run("record", who, "sync", "--no-wait")
        case "SHRINK":
            lines = ROSTER.splitlines(keepends=True)
            gone = ("  bob:", "  cara:", "  dan:")
            world.write("".join(x for x in lines if not x.startswith(gone)))
        case _:
            world.write(OTHER.replace("zoe:", "zoe: 1\n  x:"), "other.yaml")

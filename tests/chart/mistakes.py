"""Values that a chart must refuse, and what the refusal must name."""

from typing import NamedTuple


class Mistake(NamedTuple):
    """Options of ``helm template``, or a file of values, beside a right one."""

    said: str
    words: tuple[str, ...] = ()
    values: str = ""
    base: str = "sqlite"


_TO = "rosters.rooms.support-line.participants.agent.to"

MISTAKES = (
    # A number without quotes is a number in YAML: it would lose its plus.
    Mistake("to", ("--set", f"{_TO}=+15550100101")),
    Mistake("to", ("--set-json", f"{_TO}=15550100101")),
    Mistake(
        "to",
        values="rosters: {rooms: {support-line: {participants: {agent: {to: +15550100101}}}}}\n",
    ),
    Mistake("from", values="rosters: {rooms: {support-line: {from: 15550100001}}}\n"),
    Mistake("to", ("--set", f"{_TO}='\"+15550100101\"'")),
    # null removes what the chart and the file set.
    Mistake("rosters", ("--set", "rosters=null")),
    Mistake("rooms", ("--set", "rosters.rooms=null")),
    Mistake("support-line", ("--set", "rosters.rooms.support-line=null")),
    Mistake("no rosters", ("--set", "rosters.gitSync.repo="), base="postgresql"),
    Mistake(
        "participants: Invalid type",
        ("--set", "rosters.rooms.support-line.participants=null"),
    ),
    Mistake(
        "no participants", ("--set-json", "rosters.rooms.support-line.participants={}")
    ),
    Mistake("rosters", ("--set", "rosters={}")),
    # A list where there is a map by name: one would hide the others.
    Mistake(
        "unable to parse key",
        ("--set", "rosters.rooms.support-line.participants[0].to=x"),
    ),
    Mistake("replicas", ("--set", "replicas=2")),
    Mistake("replicas", ("--set-string", "replicas=2")),
    Mistake("secret", ("--set", "database.kind=postgresql")),
    Mistake("sid", ("--set", "account.sid=AC1")),
    Mistake("repository", ("--set", "image.repository=")),
    Mistake("resynk", ("--set", "daemon.resynk=30s")),
    Mistake("env", ("--set", "daemon.env.RECONCILER_LEASE=8")),
    Mistake("publicUrl", ("--set", "daemon.publicUrl=http://rooms.example.com")),
    Mistake("gitSync.image", ("--set", "rosters.gitSync.repo=https://x.example/y")),
    Mistake("ingress.host", ("--set", "ingress.enabled=true")),
    Mistake("credentials", ("--set", "account.authTokenKey=")),
)

RIGHT: tuple[tuple[str, ...], ...] = (
    ("--set-string", f"{_TO}=+15550100199"),
    ("--set-string", "daemon.env.RECONCILER_LEASE=8s"),
    ("--set", "rosters.configMap=mine"),
    ("--set-file", "rosters.files.hearing\\.yaml=desired/hearing.yaml"),
    (
        *("--set", "account.authTokenKey=", "--set", "account.apiKeyKey=key"),
        *("--set", "account.apiSecretKey=secret"),
    ),
)

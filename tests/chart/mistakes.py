"""Values that a chart must refuse, and what the refusal must name."""

from typing import NamedTuple


class Mistake(NamedTuple):
    """Options of ``helm template``, or a file of values, beside a right one."""

    said: str
    words: tuple[str, ...] = ()
    values: str = ""
    base: str = "sqlite"
    release: str = "rooms"


_TO = "rosters.rooms.support-line.participants.agent.to"
_ANN = '{ann: {to: "+15550100101", from: "+15550100001"}}'
_GIT = (
    "rosters.gitSync.image=x/git-sync:v4",
    "rosters.gitSync.repo=https://x.example/y",
)

_INGRESS = ("ingress.enabled=true", "ingress.host=rooms.example.com")


def _set(*values: str) -> tuple[str, ...]:
    return tuple(word for value in values for word in ("--set", value))


def _room(text: str) -> str:
    """Values with *text* in the room of the example."""
    return f"rosters: {{rooms: {{support-line: {{{text}}}}}}}\n"


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
    # Mistakes inside a room.
    Mistake("frm", values=_room('frm: "+15550100001"')),
    Mistake("mutd", values=_room("participants: {agent: {mutd: true}}")),
    Mistake("muted", values=_room('participants: {agent: {muted: "yes"}}')),
    Mistake("version", values=_room("version: 1")),
    Mistake("conference", values=_room("conference: other")),
    Mistake("people", values=_room("people: {}")),
    Mistake("rooms", values='rosters: {rooms: {"": {state: ended}}}\n'),
    Mistake("rooms", values='rosters: {rooms: {"a\\nb": {state: ended}}}\n'),
    Mistake(
        "rooms", values=f"rosters: {{rooms: {{CF{'a' * 32}: {{state: ended}}}}}}\n"
    ),
    Mistake("same file", _set("rosters.files.support-line\\.yaml=x")),
    Mistake("files", _set("rosters.files..\\.x\\.yaml=x")),
    # Sources that exclude one another, and parts of a source that is not used.
    Mistake("rosters.configMap is set beside", _set("rosters.configMap=mine")),
    Mistake("rosters.gitSync.repo is set beside", _set(*_GIT)),
    Mistake("are both set", _set("rosters.configMap=mine"), base="postgresql"),
    Mistake("set rosters.gitSync.repo", _set("rosters.gitSync.image=x/git-sync:v4")),
    Mistake("set rosters.gitSync.repo", _set("rosters.gitSync.secret=git")),
    Mistake("database.secret is set", _set("database.secret=database")),
    Mistake(
        "database.storageClass is set",
        _set("database.storageClass=fast"),
        base="postgresql",
    ),
    # Values that are accepted one by one and unusable together.
    Mistake("nobody listens", _set(*_INGRESS)),
    Mistake(
        "write one host in both",
        _set("daemon.publicUrl=https://rooms.example.org"),
        base="postgresql",
    ),
    Mistake("nobody listens", _set("daemon.publicUrl="), base="postgresql"),
    Mistake("ingress.host is set", _set("ingress.host=rooms.example.com")),
    Mistake("ingress.tlsSecret is set", _set("ingress.tlsSecret=tls")),
    Mistake("ingress.className is set", _set("ingress.className=nginx")),
    Mistake(
        "networkPolicy.admin is set", _set("networkPolicy.admin.matchLabels.app=x")
    ),
    Mistake("set account.apiSecretKey", _set("account.apiKeyKey=key")),
    Mistake("set account.apiKeyKey", _set("account.apiSecretKey=secret")),
    Mistake(
        "webhooks are verified",
        _set(
            "account.authTokenKey=",
            "account.apiKeyKey=key",
            "account.apiSecretKey=secret",
        ),
        base="postgresql",
    ),
    Mistake("set database.urlKey", _set("database.urlKey="), base="postgresql"),
    Mistake("set database.secret", _set("database.secret="), base="postgresql"),
    Mistake("set notify.key", _set("notify.secret=targets", "notify.key=")),
    # Names of Kubernetes, hosts, keys, images, durations and paths.
    Mistake("fullnameOverride", _set("fullnameOverride=Foo_Bar")),
    Mistake("nameOverride", _set("nameOverride=Foo_Bar")),
    Mistake("is no name of a Service", release="1rooms"),
    Mistake("is no name of a Service", release="a.b"),
    Mistake("account.secret", _set("account.secret=Twilio_X")),
    Mistake("account.secret", _set("account.secret=")),
    Mistake("account.authTokenKey", _set("account.authTokenKey=auth token")),
    Mistake("configMap", _set("rosters.configMap=Mine_X")),
    Mistake("notify.secret", _set("notify.secret=Targets_X")),
    Mistake("serviceAccountName", _set("serviceAccountName=Rooms_X")),
    Mistake("imagePullSecrets.0.name", _set("imagePullSecrets[0].name=Pull_X")),
    Mistake("ingress.host", _set("ingress.host=http://x/y")),
    Mistake("ingress.tlsSecret", _set("ingress.tlsSecret=Tls_X")),
    Mistake("daemon.publicUrl", _set("daemon.publicUrl=https://x/y?z")),
    Mistake("image.repository", _set("image.repository=x/y:v1")),
    Mistake("image.tag", _set("image.tag=a b")),
    Mistake("gitSync.folder", _set("rosters.gitSync.folder=../x"), base="postgresql"),
    Mistake("gitSync.folder", _set("rosters.gitSync.folder=/x"), base="postgresql"),
    Mistake("gitSync.ref", _set("rosters.gitSync.ref="), base="postgresql"),
    Mistake("gitSync.period", ("--set-string", "rosters.gitSync.period=30")),
    Mistake("metrics.interval", ("--set-string", "metrics.interval=1.5s")),
    Mistake("networkPolicy.admin", _set("networkPolicy.admin.app=prometheus")),
    Mistake("admin", ("--set-json", 'networkPolicy.admin={"matchLabels":{"a":1}}')),
    Mistake("resources", _set("resources.limit.memory=1Gi")),
    # Variables that the chart sets, and that nobody reads.
    *(
        Mistake(f"daemon.env.{name}", _set(f"daemon.env.{name}=x"))
        for name in (
            "RECONCILER_RESYNC",
            "RECONCILER_DESIRED",
            "RECONCILER_DATABASE_URL_FILE",
            "RECONCILER_NOTIFY_FILE",
            "TWILIO_AUTH_TOKEN",
            "RECONCILER_LEESE",
            "TWILIO_REGOIN",
            "Reconciler_Lease",
        )
    ),
    Mistake("env", ("--set-json", 'daemon.env={"A B": "x"}')),
    # null removes a section, or a key of one.
    *(
        Mistake(f"{name} is required", _set(f"{prefix}{name}=null"))
        for prefix, name in (
            ("", "networkPolicy"),
            ("", "ingress"),
            ("", "notify"),
            ("", "metrics"),
            ("", "daemon"),
            ("rosters.", "gitSync"),
            ("rosters.gitSync.", "ref"),
            ("service.", "port"),
            ("database.", "size"),
            ("daemon.", "env"),
            ("image.", "pullPolicy"),
        )
    ),
)


class Right(NamedTuple):
    """Options of ``helm template``, or a file of values, that a chart must take."""

    words: tuple[str, ...] = ()
    values: str = ""
    base: str = "sqlite"
    release: str = "rooms"


RIGHT = (
    Right(("--set-string", f"{_TO}=+15550100199")),
    Right(_set("daemon.env.RECONCILER_LEASE=8s", "daemon.env.TZ=UTC")),
    Right(
        _set(
            "rosters.configMap=mine", "rosters.gitSync.repo=", "rosters.gitSync.image="
        ),
        base="postgresql",
    ),
    Right(("--set-file", "rosters.files.hearing\\.yaml=desired/hearing.yaml")),
    Right(
        _set(
            "account.authTokenKey=",
            "account.apiKeyKey=key",
            "account.apiSecretKey=secret",
        )
    ),
    # Names of conferences that are no keys of a ConfigMap.
    *(
        Right(values=f"rosters: {{rooms: {{{name}: {{participants: {_ANN}}}}}}}\n")
        for name in ('"War Room: ops"', '"Übung"', '"..a"', '"a/b"', '"-"', "x" * 128)
    ),
    Right(values="rosters: {rooms: {night: {state: ended}}}\n"),
    Right(values=_room("x-note: {any: thing}")),
    Right(_set("networkPolicy.admin.matchLabels.app=x"), base="postgresql"),
    Right(_set(*_INGRESS, "daemon.publicUrl=https://Rooms.example.com:8443/hooks")),
    Right(_set("nameOverride=line")),
    Right(_set("fullnameOverride=line"), base="postgresql"),
    Right(_set("fullnameOverride=line"), release="1rooms"),
    Right(_set("resources=null", "rosters.gitSync.folder=")),
)

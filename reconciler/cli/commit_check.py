"""Checks of the doctor of what a PostgreSQL server may lose.

An attempt is committed before its call is placed. Where that commit can be lost, the
call can be placed twice.

| setting | what is lost | level |
|---|---|---|
| a standby is connected to | nothing can be written | fail |
| `fsync`, `full_page_writes` off | any commit, when the power fails | warn |
| standbys without `synchronous_standby_names` | the last commits, at a failover | warn |
| `synchronous_commit` off | the last decisions, when the server crashes | warn |
"""

from collections.abc import Iterator

from reconciler.cli.check_finding import Finding, Level, failed, passed
from reconciler.model.errors import ReconcilerError
from reconciler.model.exit_code import UNREACHABLE
from reconciler.store.database.commit_settings import CommitSettings, commit_settings
from reconciler.store.database.url import DatabaseUrl

_CHECK = "database commits"
_TWICE = "and then place a call again that was just placed"


async def commit_findings(place: DatabaseUrl) -> list[Finding]:
    """What the server at *place* may lose."""
    try:
        return list(judge(await commit_settings(place)))
    except ReconcilerError as error:
        return [failed(_CHECK, error)]


def judge(found: CommitSettings) -> Iterator[Finding]:
    """A finding for each thing that may be lost, else that nothing is."""
    if found.standby:
        text = (
            "the server is a standby, which cannot be written: connect to the primary"
        )
        yield Finding(_CHECK, Level.FAIL, text, UNREACHABLE)
        return
    problems = list(_losses(found))
    for text in problems:
        yield Finding(_CHECK, Level.WARN, f"{text} (docs/postgresql.md)")
    if not problems:
        yield passed(_CHECK, _kept(found))


def _losses(found: CommitSettings) -> Iterator[str]:
    off = [x for x in ("fsync", "full_page_writes") if getattr(found, x) == "off"]
    if off:
        yield (
            f"{' and '.join(off)} off: a power loss may undo commits {_TWICE}. "
            "Turn it on"
        )
    if found.standbys and not found.synchronous_standby_names:
        yield (
            f"standbys connected: {found.standbys}, synchronous_standby_names is empty: "
            f"a failover may undo the last commits {_TWICE}. Name a standby there"
        )
    if found.synchronous_commit == "off":
        yield (
            "synchronous_commit is off: attempts are committed with on, but a crash "
            "may undo the last decision of a person, such as a pause. Set it to on"
        )


def _kept(found: CommitSettings) -> str:
    names = found.synchronous_standby_names
    waits = f", and on {names}" if names else "; no standby is connected"
    return f"on disk before a call is placed{waits}"

"""What the command line says of a daemon."""

from dataclasses import dataclass
from pathlib import Path

from reconciler.model.notification import NotificationTarget


@dataclass(frozen=True, slots=True)
class DaemonOptions:
    """How the daemon runs. ``resync`` is in seconds; webhooks need a public URL.

    ``quiet_seconds`` and ``admin_hosts`` are those of ``Settings``;
    ``targets`` are those of notifications. ``page`` is where the operators' page
    listens, None for nowhere. ``scale`` says that other daemons work on the same
    database.
    """

    folder: Path
    resync: float
    admin: str
    listen: str
    public: str | None
    quiet_seconds: float
    admin_hosts: tuple[str, ...] = ()
    page: str | None = None
    targets: tuple[NotificationTarget, ...] = ()
    scale: bool = False

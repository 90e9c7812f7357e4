"""What the command line says of a daemon."""

from pathlib import Path

from msgspec import Struct

from reconciler.model.notification import NotificationTarget


class DaemonOptions(Struct, frozen=True):
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

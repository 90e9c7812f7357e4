"""Moments as text: in this machine's time zone, or with --utc in UTC."""

from datetime import UTC, datetime

import click

from reconciler.cli.options import Options

_LATEST = datetime.max.replace(tzinfo=UTC).timestamp() - 86_400


def moment(at: float) -> str:
    """Unix seconds as people write a moment, with its offset; at most the year 9999.

    ``2026-11-29 18:00:00+01:00``, and in UTC ``2026-11-29 17:00:00Z``.
    """
    found = datetime.fromtimestamp(min(at, _LATEST), UTC)
    local = found if _in_utc() else found.astimezone()
    return local.replace(microsecond=0).isoformat(" ").replace("+00:00", "Z")


def _in_utc() -> bool:
    context = click.get_current_context(silent=True)
    options = context.find_root().obj if context else None
    return isinstance(options, Options) and options.utc

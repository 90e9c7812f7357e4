"""``reconciler version``: versions of the program and of what it rests on."""

import os
import platform
import sqlite3

import click

from reconciler import __version__
from reconciler.bootstrap.zone_data import zone_data
from reconciler.cli.json_output import print_json
from reconciler.cli.options import current
from reconciler.planning.serialize import FORMAT_VERSION
from reconciler.store.migration import HEAD


@click.command()
def version() -> None:
    """Show the versions of reconciler, its database schema, Python and time zones."""
    zones = zone_data()
    if current().json:
        print_json(version_data())
        return
    click.echo(f"reconciler {__version__}")
    click.echo(f"database schema {HEAD}")
    click.echo(f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}")
    click.echo(zones.described())


def _platform() -> str:
    system = os.uname()
    return f"{system.sysname} {system.release} {system.machine}"


def version_data() -> dict[str, object]:
    """The same for JSON."""
    return {
        "format_version": FORMAT_VERSION,
        "version": __version__,
        "database_schema": HEAD,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "platform": _platform(),
        "time_zone_data": zone_data().data(),
    }

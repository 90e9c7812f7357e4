"""``reconciler nodes``: the daemons that share the rooms of a database."""

import asyncio
from typing import Any

import click

from reconciler.bootstrap import settings
from reconciler.bootstrap.scale_out import NodeReport, node_report
from reconciler.cli.json_output import print_json
from reconciler.cli.options import current
from reconciler.model.masking import printable
from reconciler.planning.serialize import FORMAT_VERSION


@click.command()
def nodes() -> None:
    """Show the daemons of the database (daemon --scale), their shards and rooms."""
    options = current()
    report = asyncio.run(node_report(settings(database_url=options.database_url)))
    if options.json:
        print_json(_data(report))
        return
    if not report.nodes:
        click.echo("No daemon runs with --scale.")
    for node in report.nodes:
        state = "" if node.live else f", no heartbeat for {node.silent_seconds:.0f} s"
        click.echo(
            f"{printable(node.name)}: {len(node.shards)} shards, {node.rooms} rooms; "
            f"version {node.version}, schema {node.schema}{state}"
        )
    if report.free:
        click.echo(f"{report.free} of {report.shards} shards are held by no daemon.")
    for warning in report.warnings:
        click.echo(f"warning: {warning}", err=True)


def _data(report: NodeReport) -> dict[str, Any]:
    rows = [
        {
            "name": node.name,
            "version": node.version,
            "schema": node.schema,
            "started_at": node.started_at,
            "live": node.live,
            "silent_seconds": round(node.silent_seconds, 3),
            "shards": list(node.shards),
            "rooms": node.rooms,
        }
        for node in report.nodes
    ]
    return {
        "format_version": FORMAT_VERSION,
        "shards": report.shards,
        "free": report.free,
        "schema": report.schema,
        "engine_bytes": report.engine_bytes,
        "nodes": rows,
        "warnings": list(report.warnings),
    }

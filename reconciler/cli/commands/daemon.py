"""``reconciler daemon``: reconcile all rooms until stopped."""

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from reconciler.bootstrap.daemon_options import DaemonOptions
from reconciler.cli.command_settings import command_settings
from reconciler.cli.duration_option import DURATION
from reconciler.cli.options import current
from reconciler.cli.parameter_object import taking

if TYPE_CHECKING:
    from reconciler.settings import Settings

_LEVELS = {-1: logging.WARNING, 0: logging.INFO, 1: logging.DEBUG}


def _positive(_: click.Context, parameter: click.Parameter, value: float) -> float:
    if value <= 0:
        raise click.BadParameter("must be more than 0", param=parameter)
    return value


class DaemonArguments(Struct, frozen=True):
    """The command line."""

    folder: Path | None
    resync: float
    public_url: str | None
    listen: str
    admin_listen: str
    page_listen: str | None
    scale: bool


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option(
    "--resync",
    type=DURATION,
    callback=_positive,
    envvar="RECONCILER_RESYNC",
    show_envvar=True,
    default="30s",
    show_default=True,
    help="How often an unchanged room is read again.",
)
@click.option(
    "--public-url",
    metavar="URL",
    envvar="RECONCILER_PUBLIC_URL",
    show_envvar=True,
    help="Public URL that Twilio calls; enables webhooks.",
)
@click.option(
    "--listen",
    metavar="HOST:PORT",
    envvar="RECONCILER_LISTEN",
    show_envvar=True,
    default="127.0.0.1:8080",
    show_default=True,
    help="Address that listens for webhooks.",
)
@click.option(
    "--admin-listen",
    metavar="HOST:PORT",
    envvar="RECONCILER_ADMIN_LISTEN",
    show_envvar=True,
    default="127.0.0.1:9464",
    show_default=True,
    help="Address of /livez, /readyz and /metrics.",
)
@click.option(
    "--page-listen",
    metavar="HOST:PORT",
    envvar="RECONCILER_PAGE_LISTEN",
    show_envvar=True,
    help="Address of the operators' page; off unless given.",
)
@click.option(
    "--scale/--no-scale",
    envvar="RECONCILER_SCALE",
    show_envvar=True,
    help="Share the rooms with other daemons of the PostgreSQL database.",
)
@taking(DaemonArguments)
def daemon(arguments: DaemonArguments) -> None:
    """Keep every room as declared until SIGTERM or Ctrl-C.

    Watches the roster files in FOLDER (default: desired/), which has to be there at the
    start, reads every room periodically, and at once after a decision, a change of a
    file or (with --public-url) a webhook. SIGHUP reads the files again. On shutdown,
    requests in flight are completed and nobody is hung up; a second signal ends it at
    once.
    """
    from reconciler.bootstrap.notify_source import (  # noqa: PLC0415 - heavy
        notification_targets,
    )

    of = command_settings()
    options = DaemonOptions(
        folder=arguments.folder or Path(of.desired),
        resync=arguments.resync,
        admin=arguments.admin_listen,
        page=arguments.page_listen,
        listen=arguments.listen,
        public=arguments.public_url,
        quiet_seconds=of.quiet_seconds,
        admin_hosts=of.admin_hosts,
        targets=notification_targets(of),
        scale=arguments.scale,
    )
    _serve(of, options)


def _serve(of: "Settings", options: DaemonOptions) -> None:
    """Run the daemon to its end, with its log on standard error."""
    from reconciler.bootstrap.account_source import account_secrets  # noqa: PLC0415 - heavy
    from reconciler.bootstrap.daemon import build  # noqa: PLC0415 - heavy
    from reconciler.bootstrap.event_loop import run as forever  # noqa: PLC0415 - heavy
    from reconciler.bootstrap.notify_source import hidden  # noqa: PLC0415 - heavy
    from reconciler.bootstrap.tracing_source import (  # noqa: PLC0415 - heavy
        exporter_secrets,
    )
    from reconciler.telemetry.logs import logging_to  # noqa: PLC0415 - heavy

    async def run() -> None:
        log = logging.getLogger("reconciler.daemon")
        async with build(of, options, log.info) as service:
            await service.run()

    secrets = (*account_secrets(of), *hidden(options.targets), *exporter_secrets())
    with logging_to(sys.stderr, secrets=secrets, level=_LEVELS[current().verbosity]):
        forever(run())

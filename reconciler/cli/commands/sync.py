"""``reconciler sync``: load roster files and reconcile until converged."""

import asyncio
import contextlib
import signal
from collections.abc import Callable

import click
from msgspec import Struct
from msgspec.structs import replace

from reconciler.bootstrap import person
from reconciler.bootstrap.command_session import command_session
from reconciler.bootstrap.event_loop import run as run_loop
from reconciler.bootstrap.roster_source import record_refused
from reconciler.bootstrap.sync_record import SyncRecord, exit_code
from reconciler.bootstrap.syncing import Course, SyncRequest, SyncWatch, aimed, run_sync
from reconciler.cli.command_settings import command_settings
from reconciler.cli.options import current
from reconciler.cli.output import echo
from reconciler.cli.parameter_object import taking
from reconciler.cli.progress import progress
from reconciler.cli.reason_option import REASON
from reconciler.cli.roster_load import RosterFiles, files_of
from reconciler.cli.sync_result import print_result
from reconciler.cli.target_option import target_option
from reconciler.cli.wait_options import wait_options
from reconciler.files import Loading
from reconciler.model.errors import RoomBusy, RosterError
from reconciler.model.exit_code import NOT_CONVERGED
from reconciler.settings import Settings


class SyncArguments(Struct, frozen=True):
    """The command line."""

    paths: tuple[str, ...]
    timeout: float
    no_wait: bool
    force: str | None
    take_over: bool
    target: tuple[str, ...]


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH...]")
@wait_options
@click.option(
    "--force",
    type=REASON,
    metavar="REASON",
    help="Carry out what is withheld; the reason is recorded.",
)
@click.option(
    "--take-over",
    is_flag=True,
    help="Take over rooms that another folder declares.",
)
@target_option
@taking(SyncArguments)
def sync(arguments: SyncArguments) -> int:
    """Load roster files (default: the folder desired/) and converge their rooms.

    Calls missing members, corrects drift, removes people no longer listed, and
    repeats this until everything is as declared or --timeout has passed.
    A room whose file is gone from the folder is released: nobody is hung up.
    A file with an error is rejected; its rooms keep the roster loaded before. A file
    that was written less than 3 seconds ago (RECONCILER_QUIET) mutes and holds at
    once; people are called, unmuted, taken off hold or removed after the file has been
    read again.
    A room that another process holds is waited for. Ctrl-C leaves everybody in
    their rooms. Exits at most 2 seconds after --timeout; requests without an answer
    are recorded as unknown.

    Exit codes: 0 converged, 1 an action failed, 3 not converged in time, 4
    something needs a decision or is paused, 69 Twilio or the database cannot
    be reached, 75 another process holds a room, 77 credentials refused, 78
    invalid files.
    """
    if "-" in arguments.paths:
        raise click.UsageError(
            "sync cannot read a roster from standard input, because it reads files "
            "twice. To see what it would do: reconciler plan -"
        )
    of = command_settings()
    files = _files(arguments, of)
    request = SyncRequest(
        arguments.paths,
        arguments.target,
        arguments.timeout,
        once=arguments.no_wait,
        force=arguments.force,
        take_over=arguments.take_over,
    )
    loading, course = aimed(request, files.loading, of, _cause())
    course = replace(course, known=files.known, rules=files.rules)
    return concluded(run_loop(synced(of, loading, course)), course)


def _files(arguments: SyncArguments, of: Settings) -> RosterFiles:
    """What the files declare; their errors are put on record."""
    try:
        return files_of(arguments.paths, of, whole=not arguments.target)
    except RosterError:
        asyncio.run(record_refused(arguments.paths, of, _cause()))
        raise


def _cause() -> str:
    return f"sync by {person()}"


async def synced(of: Settings, loading: Loading, course: Course) -> SyncRecord:
    """Run it with its progress on standard error, until a signal ends it."""
    async with command_session(of, read_only=False) as shop:
        options = current()
        quiet = options.verbosity < 0 or options.json
        eta = shop.limiter.eta
        view = progress(shop.clock, eta, color=options.color, quiet=quiet)
        stop = asyncio.Event()
        _on_interrupt(stop)
        watch = SyncWatch(view.report, _wait_told(), stop, view)
        return await run_sync(shop, loading, course, watch)


def concluded(result: SyncRecord, course: Course) -> int:
    """Print what it came to; the exit code."""
    for busy in result.busy.values():
        if not result.passes:
            raise busy
        echo(f"error: {busy}", err=True)
    print_result(result)
    code = exit_code(result)
    if code == NOT_CONVERGED and not course.once:
        waited = f"{course.timeout:g} s (--timeout)"
        echo(f"Not converged within {waited}. To continue: reconciler sync", err=True)
    return code


def _wait_told() -> Callable[[RoomBusy], None]:
    """Says once that another process is waited for."""
    told: set[str] = set()

    def tell(busy: RoomBusy) -> None:
        if not told and current().verbosity >= 0:
            echo(f"Waiting: {busy}", err=True)
        told.add("once")

    return tell


def _on_interrupt(stop: asyncio.Event) -> None:
    """The first signal ends the following; the second ends the process.

    A terminal that was closed is a signal too, and cannot be written to.
    """
    loop = asyncio.get_running_loop()

    def ask() -> None:
        stop.set()
        for number in _ENDING:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)
        with contextlib.suppress(OSError):
            click.echo("Stopping: waiting for requests in flight…", err=True)

    for number in _ENDING:
        loop.add_signal_handler(number, ask)


_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

"""The door: commands loaded when called, errors turned into sentences and codes."""

import gc
import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

import click

from reconciler import __version__
from reconciler.cli.options import Options, common, default_color

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("roster_files", "Write a commented example roster and its schema."),
    "validate": ("roster_files", "Check roster files and report every error."),
    "schema": ("roster_files", "Print the JSON Schema of roster files."),
    "fmt": ("roster_files", "Normalize whitespace in roster files."),
    "plan": ("plan", "Show what sync would do, without writing anything."),
    "sync": ("sync", "Apply the rosters and wait until the rooms converge."),
    "daemon": (
        "daemon",
        "Reconcile continuously, driven by files, webhooks and a timer.",
    ),
    "status": ("status", "Compare desired and observed state."),
    "schedule": ("schedule", "Show when a room changes by its schedule."),
    "events": ("events", "List what was done, when, why and by whom."),
    "explain": ("explain", "Explain a participant's state: roster, calls, next step."),
    "dump": ("dump", "Write a live room as a roster."),
    "pause": ("decisions", "Stop making changes to a room."),
    "resume": ("decisions", "Resume making changes to a room."),
    "approve": ("approve", "Approve a withheld plan."),
    "set": ("overrides", "Declare a person's state otherwise for a while."),
    "unset": ("overrides", "Take back overrides of a room."),
    "mute-all": ("overrides", "Mute everybody in a room."),
    "only": ("overrides", "Put everybody on hold but some."),
    "mode": ("overrides", "Put a room into one of its modes."),
    "start": ("overrides", "Open a room that was ended."),
    "end": ("end", "End a room's call, and keep it ended."),
    "redial": ("redial", "Call participants again."),
    "resolve": ("redial", "Record whether an unconfirmed call reached the phone."),
    "release": ("decisions", "Stop managing rooms; nobody is hung up."),
    "forget": ("decisions", "Delete all records of released rooms."),
    "simulate": ("simulate", "Run a local Twilio API with simulated phones."),
    "demo": ("demo", "Run a self-contained demonstration on this machine."),
    "doctor": ("doctor", "Check credentials, clock, database and files."),
    "policy": ("policy", "Check the policy that limits roster authors."),
    "db": ("db", "Manage the database schema."),
}
"""Commands by name: the module in ``reconciler.cli.commands``, and what it is for."""


_IDENTIFIERS = {"set": "set_", "mute-all": "mute_all"}
"""Commands whose functions have another name than they."""


class _Commands(click.Group):
    """A group that imports a command only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        return list(_COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's
        cmd_name: str,
    ) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = _imported(f"reconciler.cli.commands.{_COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, _IDENTIFIERS.get(cmd_name, cmd_name))
        _take_common(command)
        return command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's
        formatter: click.HelpFormatter,
    ) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, about) for name, (_, about) in _COMMANDS.items()]
            )

    def shell_complete(
        self, ctx: click.Context, incomplete: str
    ) -> "list[CompletionItem]":
        from click.shell_completion import CompletionItem  # noqa: PLC0415 - seldom

        named = [
            CompletionItem(name, help=about)
            for name, (_, about) in _COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return named + click.Command.shell_complete(self, ctx, incomplete)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            raise _suggested(error, args) from None


def _imported(name: str) -> ModuleType:
    """The module, imported without looking for garbage: there is none.

    What it brought stays for good, and no later collection looks at it.
    """
    gc.disable()
    try:
        return importlib.import_module(name)
    finally:
        gc.freeze()
        gc.enable()


def _take_common(command: click.Command) -> None:
    """Give *command*, and those below it, the options that all commands take."""
    if isinstance(command, click.Group):
        for each in command.commands.values():
            _take_common(each)
    elif not any(param.name == "twilio_url" for param in command.params):
        command.params += common()


def _suggested(error: click.UsageError, args: list[str]) -> click.UsageError:
    import difflib  # noqa: PLC0415 - only on a mistake

    close = difflib.get_close_matches(args[0], _COMMANDS, 1)
    hint = f" Did you mean '{close[0]}'?" if close else ""
    return click.UsageError(error.message + hint, error.ctx)


@click.command(
    cls=_Commands,
    params=common(),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 88},
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=lambda context, _, wanted: _tell_version(context) if wanted else None,
    help="Show the version, and that of the time zone data, and exit.",
)
@click.pass_context
def cli(context: click.Context) -> None:
    """Keep live Twilio conferences equal to what YAML files declare.

    Files under desired/ say who is in which room, who is muted, on hold or
    coaching whom. 'reconciler plan' shows what is not so, 'reconciler sync'
    makes it so.
    """
    if context.obj is None:
        context.obj = Options(color=default_color())


def _tell_version(context: click.Context) -> None:
    from reconciler.bootstrap.zone_data import zone_data  # noqa: PLC0415 - seldom

    click.echo(f"reconciler, version {__version__}")
    click.echo(zone_data().described())
    context.exit()


def main() -> NoReturn:
    """Run the command line and exit."""
    _leave_out()
    try:
        code = _run()
    except KeyboardInterrupt:
        click.echo("Interrupted.", err=True)
        code = 130
    sys.exit(code)


def _leave_out() -> None:
    """Keep httpx from importing its own command line, and rich with it.

    Python refuses to import what is None in ``sys.modules``, and httpx goes
    without its command line where that cannot be imported.
    """
    modules: dict[str, Any] = sys.modules
    modules.setdefault("httpx._main", None)


def _run() -> int:
    code: Any
    try:
        code = cli(standalone_mode=False)
    except SystemExit as end:
        code = _ended(end)
    except Exception as error:  # noqa: BLE001 - the one place that ends the program
        from reconciler.cli.exit import fail  # noqa: PLC0415 - only on failure

        code = fail(error)
    return code if isinstance(code, int) else 0


def _ended(end: SystemExit) -> int:
    """Click's own ends: 0 of a shell completion, else a reader that went away."""
    if not end.code:
        return 0
    from reconciler.cli.exit import cut_off  # noqa: PLC0415 - only on failure

    return cut_off()

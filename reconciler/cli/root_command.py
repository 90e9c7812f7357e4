"""The command ``reconciler``, whose subcommands are imported when they are called."""

import gc
import importlib
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING

import click

from reconciler import __version__
from reconciler.cli.command_table import COMMANDS, GROUPS, IDENTIFIERS
from reconciler.cli.options import Options, common, default_color, write_options

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class _Commands(click.Group):
    """A group that imports a command only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        return list(COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's
        cmd_name: str,
    ) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = _imported(f"reconciler.cli.commands.{COMMANDS[cmd_name].module}")
        command: click.Command = getattr(module, IDENTIFIERS.get(cmd_name, cmd_name))
        _take_common(command)
        return command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's
        formatter: click.HelpFormatter,
    ) -> None:
        for title, commands in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl(
                    [(name, each.about) for name, each in commands.items()]
                )

    def format_options(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        self.format_commands(ctx, formatter)
        write_options(self, ctx, formatter)

    def shell_complete(
        self, ctx: click.Context, incomplete: str
    ) -> "list[CompletionItem]":
        from click.shell_completion import CompletionItem  # noqa: PLC0415 - seldom

        named = [
            CompletionItem(name, help=about)
            for name, (_, about) in COMMANDS.items()
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
        if not command.invoke_without_command:
            return
    if not any(param.name == "twilio_url" for param in command.params):
        own = {param.name for param in command.params}
        command.params += [option for option in common() if option.name not in own]
        command.format_options = partial(_write_sections, command)  # type: ignore[method-assign]


def _write_sections(
    command: click.Command, context: click.Context, formatter: click.HelpFormatter
) -> None:
    """Options, and of a group its commands."""
    write_options(command, context, formatter)
    if isinstance(command, click.Group):
        command.format_commands(context, formatter)


def _suggested(error: click.UsageError, args: list[str]) -> click.UsageError:
    import difflib  # noqa: PLC0415 - only on a mistake

    close = difflib.get_close_matches(args[0], COMMANDS)
    hint = f" Did you mean {' or '.join(map(repr, close))}?" if close else ""
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
    callback=lambda context, _, wanted: _print_version(context) if wanted else None,
    help="Show the version, and that of the time zone data, and exit.",
)
@click.pass_context
def cli(context: click.Context) -> None:
    """Keep live Twilio conferences equal to what YAML files declare.

    Files under desired/ say who is in which room, who is muted, on hold or
    coaching whom. 'reconciler plan' shows the difference, 'reconciler sync'
    applies it.
    """
    if context.obj is None:
        context.obj = Options(color=default_color())


def _print_version(context: click.Context) -> None:
    from reconciler.bootstrap.zone_data import zone_data  # noqa: PLC0415 - seldom

    click.echo(f"reconciler, version {__version__}")
    click.echo(zone_data().described())
    context.exit()

"""Generates ``docs/commands.md`` and ``docs/man/reconciler.1`` from the commands.

``python -m tests.site.command_reference`` prints the page, ``… man`` the manual.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import click

from reconciler.cli.command_table import GROUPS
from reconciler.cli.options import GlobalOption
from reconciler.cli.root_command import cli

_SHARED = {"--help", "--version"}


@dataclass(frozen=True, slots=True)
class CommandHelp:
    """A command as its help shows it: ``usage``, paragraphs, and options with texts.

    A paragraph with line breaks is shown as written.
    """

    name: str
    usage: str
    about: tuple[str, ...]
    options: tuple[tuple[str, str], ...]


def grouped_commands() -> Iterator[tuple[str, list[CommandHelp]]]:
    """Each group of ``reconciler --help`` with its commands and those below them."""
    root = _root()
    for title, names in GROUPS.items():
        found: list[CommandHelp] = []
        for name in names:
            command = cli.get_command(root, name)
            if command is not None:
                found += _described(command, name, root)
        yield title, found


def shared_options() -> tuple[tuple[str, str], ...]:
    """The options that every command takes."""
    context = _root()
    records = (each.get_help_record(context) for each in cli.get_params(context))
    return tuple(each for each in records if each is not None)


def _root() -> click.Context:
    return click.Context(cli, info_name="reconciler", **cli.context_settings)


def _described(
    command: click.Command, name: str, parent: click.Context
) -> Iterator[CommandHelp]:
    context = click.Context(command, info_name=name, parent=parent)
    yield CommandHelp(
        context.command_path,
        " ".join([context.command_path, *command.collect_usage_pieces(context)]),
        tuple(_paragraphs(command.help or "")),
        tuple(_own_options(command, context)),
    )
    if isinstance(command, click.Group):
        for below, each in sorted(command.commands.items()):
            yield from _described(each, below, context)


def _own_options(
    command: click.Command, context: click.Context
) -> Iterator[tuple[str, str]]:
    for param in command.get_params(context):
        record = param.get_help_record(context)
        shared = isinstance(param, GlobalOption) or _SHARED & {*param.opts}
        if record is not None and not shared and isinstance(param, click.Option):
            yield record


def _paragraphs(text: str) -> Iterator[str]:
    for each in re.split(r"\n\s*\n", text.strip()):
        first, _, rest = each.strip(" \n").partition("\n")
        if first == "\b":
            yield "\n".join(["", *(line.strip() for line in rest.splitlines())])
        else:
            yield " ".join(each.split())


def commands_page() -> str:
    """All commands, as Markdown."""
    return "\n".join(_page_lines()) + "\n"


def _page_lines() -> Iterator[str]:
    yield "# Commands"
    yield ""
    yield "Made from the commands: `reconciler COMMAND --help` shows the same. What a command"
    yield "prints as JSON is in [json.md](json.md), exit codes are in"
    yield "[exit-codes.md](exit-codes.md)."
    yield ""
    yield "## Options of every command"
    yield ""
    yield from _option_rows(shared_options())
    for title, commands in grouped_commands():
        yield f"## {title}"
        yield ""
        for each in commands:
            yield from _command_lines(each)


def _command_lines(command: CommandHelp) -> Iterator[str]:
    yield f"### {command.name}"
    yield ""
    yield "```text"
    yield command.usage
    yield "```"
    yield ""
    for each in command.about:
        yield _markdown(each) if "\n" not in each else f"```text{each}\n```"
        yield ""
    yield from _option_rows(command.options)


def _option_rows(options: tuple[tuple[str, str], ...]) -> Iterator[str]:
    if not options:
        return
    yield "| option | meaning |"
    yield "|---|---|"
    for names, text in options:
        yield f"| `{names.replace('|', chr(92) + '|')}` | {_markdown(text)} |"
    yield ""


def _markdown(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def manual() -> str:
    """The manual page reconciler(1), in troff."""
    return "\n".join(_manual_lines()) + "\n"


def _manual_lines() -> Iterator[str]:
    yield '.TH RECONCILER 1 "" "conference-reconciler" "User Commands"'
    yield ".SH NAME"
    yield "reconciler \\- keep live Twilio conferences equal to what YAML files declare"
    yield ".SH SYNOPSIS"
    yield ".B reconciler"
    yield "COMMAND [OPTIONS] [ARGUMENTS]"
    yield ".SH DESCRIPTION"
    for text in _paragraphs(cli.help or ""):
        yield _troff(text)
        yield ".PP"
    yield ".SH OPTIONS OF EVERY COMMAND"
    yield from _troff_options(shared_options())
    for title, commands in grouped_commands():
        yield f".SH {_troff(title.upper())}"
        for each in commands:
            yield f'.SS "{_troff(each.usage)}"'
            for text in each.about:
                yield _troff(text) if "\n" not in text else _as_written(text)
                yield ".PP"
            yield from _troff_options(each.options)
    yield ".SH SEE ALSO"
    yield ".BR reconciler-roster (5)"


def _troff_options(options: tuple[tuple[str, str], ...]) -> Iterator[str]:
    for names, text in options:
        yield ".TP"
        yield f"\\fB{_troff(names)}\\fR"
        yield _troff(text)


def _as_written(text: str) -> str:
    return "\n".join([".nf", *map(_troff, text.strip().splitlines()), ".fi"])


def _troff(text: str) -> str:
    """*text* on one line that troff takes as text."""
    plain = text.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    quoted = plain.replace("…", "...").replace("→", "\\(->")
    return f"\\&{quoted}" if quoted.startswith((".", "'")) else quoted


if __name__ == "__main__":
    made = manual() if sys.argv[1:] == ["man"] else commands_page()
    print(made, end="")  # noqa: T201 - its whole purpose

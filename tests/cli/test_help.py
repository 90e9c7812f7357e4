"""Help: commands in groups, global options apart."""

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from reconciler.cli.command_table import COMMANDS, GROUPS
from reconciler.cli.root_command import cli


def shown(*words: str) -> str:
    done = CliRunner().invoke(cli, [*words, "--help"])
    assert done.exit_code == 0
    return done.output


def section(text: str, title: str) -> str:
    return text.partition(f"\n{title}:\n")[2].partition("\n\n")[0]


@pytest.mark.parametrize("group", GROUPS)
def test_each_group_of_commands_is_a_section(group: str) -> None:
    names = [line.split()[0] for line in section(shown(), group).splitlines()]

    assert names == list(GROUPS[group])


@pytest.mark.parametrize(
    "command", sorted(COMMANDS.keys() - {"db", "notify", "policy"})
)
def test_options_of_every_command_are_apart_from_its_own(command: str) -> None:
    text = shown(command)

    shared = section(text, "Global options")
    for option in ("--database-url", "--twilio-url", "--output", "--color", "--help"):
        assert option in shared
        assert f"  {option} " not in section(text, "Options")


def commands(command: click.Command, *words: str) -> Iterator[tuple[str, ...]]:
    """The words of *command* and of those below it."""
    yield words
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from commands(below, *words, name)


def test_no_help_shows_a_backslash_b() -> None:
    root = click.Context(cli)
    named = {name: cli.get_command(root, name) for name in COMMANDS}
    every = [
        x for name, command in named.items() if command for x in commands(command, name)
    ]

    assert len(every) > len(COMMANDS)
    assert [words for words in every if "\\b" in shown(*words)] == []


def test_each_line_of_the_shells_is_a_line_of_its_own() -> None:
    lines = [line.strip() for line in shown("completion").splitlines()]

    for shell in ("bash:", "zsh:", "fish:"):
        assert sum(shell in line for line in lines) == 1
        assert any(line.startswith(shell) for line in lines)


def test_each_command_is_in_one_group() -> None:
    assert len(COMMANDS) == sum(map(len, GROUPS.values()))

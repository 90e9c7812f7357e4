"""Help: commands in groups, global options apart."""

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


def test_each_command_is_in_one_group() -> None:
    assert len(COMMANDS) == sum(map(len, GROUPS.values()))

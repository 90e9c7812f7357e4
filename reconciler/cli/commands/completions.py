"""``reconciler completion``: the script that completes commands in a shell."""

import click

from reconciler.cli.completion import SHELLS, script


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print the script that completes commands, options, rooms, labels and files.

    \b
    bash:  eval "$(reconciler completion bash)"     in ~/.bashrc
    zsh:   eval "$(reconciler completion zsh)"      in ~/.zshrc
    fish:  reconciler completion fish | source      in ~/.config/fish/config.fish

    Rooms and labels come from the database that the environment names.
    """  # noqa: D301 - click reads its own escape
    click.echo(script(shell))

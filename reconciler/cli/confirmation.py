"""A person confirms what a command is about to do."""

import sys

import click

from reconciler.cli.options import current


def confirmed(question: str, purpose: str) -> bool:
    """Whether the person at the terminal answers 'yes' to *question*.

    UsageError without a terminal or with --no-input; *purpose* is what ``--yes`` then
    does.
    """
    if current().no_input:
        raise click.UsageError(f"--no-input: pass --yes to {purpose} without a prompt")
    if not sys.stdin.isatty():
        raise click.UsageError(
            f"standard input is not a terminal; pass --yes to {purpose} without a prompt"
        )
    answer: str = click.prompt(
        f"{question} Only 'yes' is accepted", default="no", err=True
    )
    return answer.strip() == "yes"

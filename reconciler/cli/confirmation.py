"""A person confirms what a command is about to do."""

import sys

import click


def confirmed(question: str, purpose: str) -> bool:
    """Whether the person at the terminal answers 'yes' to *question*.

    UsageError without a terminal; *purpose* is what ``--yes`` then does.
    """
    if not sys.stdin.isatty():
        raise click.UsageError(
            f"standard input is not a terminal; pass --yes to {purpose} without a prompt"
        )
    answer: str = click.prompt(
        f"{question} Only 'yes' is accepted", default="no", err=True
    )
    return answer.strip() == "yes"

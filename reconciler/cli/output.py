"""Prints lines with untrusted text escaped."""

import re
from collections.abc import Iterable

import click

from reconciler.model.masking import mask, printable

_STYLE = re.compile(r"(\x1b\[[0-9;]*m)")


def echo(line: str, *, err: bool = False, color: bool | None = None) -> None:
    """Print one line: anything in it that would be more is shown as its escape.

    Colors stay, so a stranger's text is to be masked before it is styled.
    """
    click.echo(one_line(line), err=err, color=color)


def one_line(text: str) -> str:
    """*text* with every control character but colors shown as its escape."""
    if "\x1b" not in text:
        return printable(text)
    parts = _STYLE.split(text)
    return "".join(
        part if _STYLE.fullmatch(part) else printable(part) for part in parts
    )


def names(words: Iterable[str]) -> str:
    """Labels or rooms in a row."""
    return ", ".join(map(mask, words))

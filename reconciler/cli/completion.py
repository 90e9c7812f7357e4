"""Completion of rooms, labels and files in a shell.

Click completes commands and options. To complete an argument it would import the
command, which takes longer than a person waits, as does Click: here the command line
is read by a table, and names come from SQL.
"""

import shlex
import sys
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

VARIABLE: Final = "_RECONCILER_COMPLETE"
"""What a shell sets to ask: ``bash_complete``, ``zsh_complete`` or ``fish_complete``."""

SHELLS: Final = ("bash", "zsh", "fish")

DEFAULT_DATABASE: Final = "sqlite:///reconciler.db"
"""That of ``reconciler.settings``."""

_ROOM: Final = (
    *("approve", "dump", "end", "events", "exposure", "history", "mode", "mute-all"),
    *("pause", "resume", "rollback", "start", "status", "unpin"),
)
_FILES: Final = (
    *("apply", "daemon", "demo", "fmt", "init", "plan", "play", "replay", "sync"),
    "validate",
)

ARGUMENTS: Final[Mapping[str, str]] = {
    **dict.fromkeys(_ROOM, "room"),
    **dict.fromkeys(_FILES, "file*"),
    **dict.fromkeys(("only", "redial", "resolve", "set"), "room label*"),
    **dict.fromkeys(("release", "forget"), "room*"),
    **dict.fromkeys(("explain", "unset"), "room label"),
    "diff": "room room",
    "record": "file",
    "schedule": "room file*",
}
"""What each argument of a command is, in order; the last with * is repeated."""

_VALUES: Final = {
    "--target": "room",
    "--protected": "label",
    "--except": "label",
    "--database-url": "",
    "--twilio-url": "",
    "--output": "",
    "--color": "",
    "--env-file": "file",
    "--for": "",
    "--until": "",
    "--reason": "",
    "--timeout": "",
}
"""What the values of options are; after any other option Click completes."""


class Item(NamedTuple):
    """What is offered: ``plain`` text, or a ``file`` for the shell to complete."""

    value: str
    kind: str = "plain"


class Wanted(NamedTuple):
    """What is to be completed, "" for nothing, and the words before it."""

    kind: str
    arguments: tuple[str, ...]
    database_url: str | None


def wanted(words: Sequence[str]) -> Wanted | None:
    """What comes after *words* of a command line; None where Click knows better."""
    given: list[str] = []
    options: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        if not word.startswith("-") or word == "-":
            given.append(word)
            continue
        name, equals, value = word.partition("=")
        if name not in _VALUES:
            return None
        options[name] = value if equals else next(rest, "")
        if not equals and word is words[-1]:
            return _wanted(_VALUES[name], given, options) if _VALUES[name] else None
    if not given or given[0] not in ARGUMENTS:
        return None
    kinds = ARGUMENTS[given[0]].split()
    position = len(given) - 1
    kind = kinds[position] if position < len(kinds) else _repeated(kinds[-1])
    return _wanted(kind, given, options)


def _repeated(kind: str) -> str:
    return kind if kind.endswith("*") else ""


def _wanted(kind: str, given: Sequence[str], options: Mapping[str, str]) -> Wanted:
    kind = kind.removesuffix("*")
    return Wanted(kind, tuple(given), options.get("--database-url"))


def completions(
    words: Sequence[str], incomplete: str, environ: Mapping[str, str]
) -> list[Item] | None:
    """What may stand for *incomplete* after *words*; None where Click knows better."""
    found = None if incomplete.startswith("-") else wanted(words)
    if found is None:
        return None
    if found.kind == "file":
        return [Item(incomplete, "file")]
    names = _names(found, environ) if found.kind else []
    return [Item(name) for name in names if name.startswith(incomplete)]


def _names(found: Wanted, environ: Mapping[str, str]) -> list[str]:
    from reconciler.store.database.stored_names import (  # noqa: PLC0415 - rare
        stored_labels,
        stored_rooms,
    )

    url = found.database_url or _database_url(environ)
    if found.kind == "room":
        taken = set(found.arguments[1:])
        return [each for each in stored_rooms(url) if each not in taken]
    taken = set(found.arguments[2:])
    labels = stored_labels(url, found.arguments[1]) if len(found.arguments) > 1 else []
    return [label for label in labels if label not in taken]


def _database_url(environ: Mapping[str, str]) -> str:
    """As ``reconciler.settings`` has it, which takes long to import."""
    if url := environ.get("RECONCILER_DATABASE_URL"):
        return url
    if path := environ.get("RECONCILER_DATABASE_URL_FILE"):
        with open(path, encoding="utf-8") as file:  # noqa: PTH123 - pathlib is not needed
            return file.read().strip()
    return DEFAULT_DATABASE


def complete(instruction: str, environ: Mapping[str, str]) -> bool:
    """Answer a shell that asks by *instruction*; whether it was answered."""
    shell, _, verb = instruction.partition("_")
    if verb != "complete" or shell not in SHELLS:
        return False
    items = completions(*asked(shell, environ), environ)
    if items is None:
        return False
    sys.stdout.write("".join(f"{_line(shell, each)}\n" for each in items))
    sys.stdout.flush()
    return True


def asked(shell: str, environ: Mapping[str, str]) -> tuple[list[str], str]:
    """The words before the one to be completed, and that one, as Click reads them."""
    words, position = _split(environ["COMP_WORDS"]), environ["COMP_CWORD"]
    if shell != "fish":
        at = int(position)
        return words[1:at], "".join(words[at : at + 1])
    incomplete = "".join(_split(position)[:1])
    before = words[1:]
    if incomplete and before[-1:] == [incomplete]:
        before.pop()
    return before, incomplete


def _split(line: str) -> list[str]:
    """The words of a line that may end in the middle of a quotation."""
    lexer = shlex.shlex(line, posix=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    words: list[str] = []
    try:
        words.extend(lexer)
    except ValueError:
        words.append(lexer.token)
    return words


def _line(shell: str, item: Item) -> str:
    """As the script of the shell reads it."""
    if shell == "zsh":
        return f"{item.kind}\n{item.value}\n_"
    return f"{item.kind},{item.value}"


def script(shell: str) -> str:
    """What a shell evaluates to complete ``reconciler``."""
    import click  # noqa: PLC0415 - not to complete
    from click.shell_completion import get_completion_class  # noqa: PLC0415

    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"no completion for {shell}: {', '.join(SHELLS)}")
    asked = found(click.Command("reconciler"), {}, "reconciler", VARIABLE)
    return asked.source_template % asked.source_vars()

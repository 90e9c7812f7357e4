"""Environment variables from a file that an operator names: ``NAME=value`` lines."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from reconciler.model.errors import SettingError
from reconciler.setting_names import PREFIXES, setting_names, slip
from reconciler.settings import SECRET_NAMES

_LINE = re.compile(r"(?:export\s+)?(?P<name>[^\s=]+)\s*=\s*(?P<value>.*)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_QUOTES = ("'", '"')
_SUFFIX = "_FILE"
_UNKNOWN = (
    "docs/configuration.md lists all; other options, such as --output, have no variable"
)


def read_env_file(path: Path) -> dict[str, str]:
    """The variables of a file; SettingError names the line that is wrong.

    A line is ``NAME=value``, with or without ``export``; the value may be in quotes,
    and nothing in it is replaced. Empty lines and those that begin with # are left out.
    A # after a value is refused: docker and systemd take it for a part of the value,
    other programs for a comment. A name that begins as ours do must be a setting.
    """
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise SettingError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingError(f"{path} is not UTF-8 text") from None
    return dict(_variables(path, text, setting_names()))


def _variables(
    path: Path, text: str, known: frozenset[str]
) -> Iterator[tuple[str, str]]:
    names: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.strip()
        if not words or words.startswith("#"):
            continue
        place = f"{path}:{number}"
        name, value = _variable(place, words)
        _require_known(place, name, known)
        if name in names:
            raise SettingError(f"{place}: {name} is set in line {names[name]} already")
        names[name] = number
        yield name, value


def _variable(place: str, line: str) -> tuple[str, str]:
    """Name and value of a line; errors show no value, which may be a secret."""
    match = _LINE.fullmatch(line)
    if match is None or not _NAME.fullmatch(match["name"]):
        raise SettingError(f"{place}: not a variable: write NAME=value")
    return match["name"], _unquoted(place, match["name"], match["value"])


def _unquoted(place: str, name: str, value: str) -> str:
    for quote in _QUOTES:
        if value.startswith(quote):
            inner, end, rest = value[1:].partition(quote)
            _refuse_comment(place, name, rest)
            if not end or rest.strip():
                raise SettingError(
                    f"{place}: the value of {name} has no closing {quote}"
                )
            return inner
    _refuse_comment(place, name, f" {value}")
    return value.rstrip()


def _refuse_comment(place: str, name: str, text: str) -> None:
    if re.search(r"\s#", text):
        raise SettingError(
            f"{place}: {name} has a # where other programs begin a comment. Write "
            "comments on lines of their own, and put a value with a # into quotes"
        )


def _require_known(place: str, name: str, known: frozenset[str]) -> None:
    if problem := slip(name, known):
        raise SettingError(f"{place}: {problem}")
    secret = name.removesuffix(_SUFFIX) in SECRET_NAMES
    if name.startswith(PREFIXES) and name not in known and not secret:
        raise SettingError(
            f"{place}: {name} is not a setting of reconciler. {_UNKNOWN}"
        )


def missing(variables: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """Those of *variables* that *environ* does not set, by value or by file.

    What is set in the environment wins, also as ``…_FILE``.
    """
    return {
        name: value
        for name, value in variables.items()
        if not _names_of(name) & environ.keys()
    }


def _names_of(name: str) -> set[str]:
    bare = name.removesuffix(_SUFFIX)
    return {name, bare, f"{bare}{_SUFFIX}"} if name.startswith(PREFIXES) else {name}

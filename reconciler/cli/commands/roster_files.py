"""Commands on roster files only: init, validate, schema, fmt."""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files as package_files
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from reconciler.cli.file_replacement import replace_file
from reconciler.cli.load_progress import reading
from reconciler.cli.options import output_option
from reconciler.cli.templates import TEMPLATES, template_text
from reconciler.model.errors import RosterError, SettingError
from reconciler.model.exit_code import DIFFERENCES, INVALID
from reconciler.setting_names import require_meant

if TYPE_CHECKING:
    from reconciler.files import Loading
    from reconciler.model.errors import Problem

ROSTER: Final = "example.yaml"
SCHEMA: Final = "roster.schema.json"
STDIN: Final = Path("-")

_PATHS = click.argument(
    "paths", nargs=-1, metavar="[PATH...]", type=click.Path(path_type=Path)
)


@click.command()
@click.argument("folder", default="desired", type=click.Path(path_type=Path))
@click.option(
    "--template",
    type=click.Choice(list(TEMPLATES)),
    help="Write the roster of a job instead: docs/jobs.md has the steps of each.",
)
def init(folder: Path, *, template: str | None) -> None:
    """Write a commented example roster and its schema into FOLDER.

    Nothing is overwritten: a file that exists is kept, and named.
    """
    contents = {folder / SCHEMA: _schema_text()}
    if template is None:
        contents[folder / ROSTER] = _example()
    else:
        contents |= {folder / each: template_text(each) for each in TEMPLATES[template]}
    if folder.exists() and not folder.is_dir():
        raise SettingError(f"{folder} is not a folder: name one, such as desired")
    kept = sorted(path for path in contents if path.exists())
    written = sorted(path for path in contents if path not in kept)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in written:
            with path.open("x", encoding="utf-8") as file:
                file.write(contents[path])
    except OSError as error:
        raise SettingError(f"{folder} cannot be written: {error.strerror}") from None
    _say(written, kept, folder)


def _say(written: Sequence[Path], kept: Sequence[Path], folder: Path) -> None:
    if _output() == "json":
        names = {"written": [*map(str, written)], "kept": [*map(str, kept)]}
        click.echo(json.dumps({"format_version": "1"} | names))
        return
    for path in written:
        click.echo(f"wrote {path}")
    for path in kept:
        click.echo(f"kept {path}: it exists already")
    click.echo(f"next: reconciler validate {folder}", err=True)


@output_option("github", "sarif", "junit")
@click.command()
@_PATHS
def validate(paths: tuple[Path, ...]) -> None:
    """Check roster files and print everything that is wrong.

    Each PATH is a file or a folder, or - for standard input; RECONCILER_DESIRED or
    `desired` by default.
    --output github prints annotations for GitHub Actions, sarif a log for code
    scanning, junit a test report.
    """
    from reconciler.bootstrap.environment import now  # noqa: PLC0415 - as below
    from reconciler.files import examine  # noqa: PLC0415 - YAML is slow to import
    from reconciler.files.policy_file import load_policy  # noqa: PLC0415 - as above

    with reading(quiet=_quiet()) as told:
        loading, problems = examine(
            _or_default(paths),
            os.environ,
            policy=load_policy(_policy_path()),
            told=told,
        )
    problems = (*problems, *loading.ahead(now()))
    valid = not any(problem.severity == "error" for problem in problems)
    if _output() == "json":
        click.echo(json.dumps(_report(loading, problems, valid=valid)))
    elif _output() == "text":
        _print_problems(problems)
        click.echo(_summary(loading, problems, valid=valid))
    else:
        _print_problems(problems)
        _print_report(loading, problems, valid=valid)
    if not valid:
        click.get_current_context().exit(INVALID)


def _report(
    loading: "Loading", problems: "Sequence[Problem]", *, valid: bool
) -> dict[str, object]:
    from reconciler.files import problem_data  # noqa: PLC0415 - as above

    return {
        "format_version": "1",
        "valid": valid,
        "files": len(loading.files),
        **_counts(loading),
        "problems": [problem_data(problem) for problem in problems],
    }


def _print_report(
    loading: "Loading", problems: "Sequence[Problem]", *, valid: bool
) -> None:
    """What a program of continuous integration reads."""
    from reconciler.cli import problem_report as report  # noqa: PLC0415 - seldom

    match _output():
        case "github":
            for line in report.github_lines(problems, Path.cwd()):
                click.echo(line)
            click.echo(_summary(loading, problems, valid=valid))
        case "sarif":
            click.echo(json.dumps(report.sarif(problems, Path.cwd()), indent=2))
        case _:
            click.echo(report.junit(loading.files, problems, Path.cwd()))


def _summary(loading: "Loading", problems: "Sequence[Problem]", *, valid: bool) -> str:
    counts = _counts(loading)
    errors = sum(problem.severity == "error" for problem in problems)
    read = [_count(len(loading.files), "file")]
    if valid:
        read += [_count(counts["rooms"], "room"), _count(counts["people"], "person")]
        rest = ("groups", "modes", "schedules")
        read += [_count(counts[name], name[:-1]) for name in rest if counts[name]]
    found = ["valid"] if valid else [_count(errors, "error")]
    if len(problems) > errors:
        found.append(_count(len(problems) - errors, "warning"))
    return f"{', '.join(read)}: {', '.join(found)}"


def _counts(loading: "Loading") -> dict[str, int]:
    """How much of each is declared; each room's own modes and those it shares."""
    declared = loading.declarations
    return {
        "rooms": len(declared),
        "people": sum(len(declaration.roster.members) for declaration in declared),
        "groups": sum(len(declaration.roster.groups) for declaration in declared),
        "modes": sum(len(declaration.modes) for declaration in declared),
        "schedules": sum(
            bool(declaration.schedule or declaration.presences)
            for declaration in declared
        ),
    }


def _count(number: int, noun: str) -> str:
    plural = "people" if noun == "person" else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"


@click.command()
def schema() -> None:
    """Print the JSON Schema of a roster, for editors."""
    click.echo(_schema_text(), nl=False)


@click.command()
@click.option(
    "--check", is_flag=True, help="Only report what would change, and exit with 2."
)
@_PATHS
def fmt(paths: tuple[Path, ...], *, check: bool) -> None:
    """Normalize spaces and blank lines in roster files.

    Each PATH is a file or a folder. Comments, the order of keys and the meaning stay
    as they are. With - standard input is formatted and printed.
    """
    if STDIN in paths:
        _format_stdin(paths, check=check)
        return
    changed = [each for each in _found(_or_default(paths)) if _format(*each, check)]
    names = [name for name, _ in changed]
    if _output() == "json":
        click.echo(json.dumps({"format_version": "1", "changed": names}))
    else:
        for name in names:
            click.echo(f"would change {name}" if check else f"changed {name}")
    if check and names:
        click.get_current_context().exit(DIFFERENCES)


def _format_stdin(paths: Sequence[Path], *, check: bool) -> None:
    if len(paths) > 1:
        raise click.UsageError("- is standard input: give no other path with it")
    problems: list[Problem] = []
    text, formatted = _formatted(str(STDIN), STDIN, problems)
    if check and formatted != text:
        click.echo("would change standard input", err=True)
        click.get_current_context().exit(DIFFERENCES)
    if not check:
        click.echo(formatted, nl=False)


def _found(paths: Sequence[Path]) -> list[tuple[str, Path]]:
    from reconciler.files.folder import roster_files  # noqa: PLC0415 - as above

    problems: list[Problem] = []
    found = roster_files(paths, problems)
    _stop_at(problems)
    return found


def _format(name: str, path: Path, check: bool) -> bool:
    """Whether the file is not in order; it then is, unless *check*."""
    problems: list[Problem] = []
    text, formatted = _formatted(name, path, problems)
    if formatted != text and not check:
        replace_file(path, formatted.encode())
    return formatted != text


def _formatted(name: str, path: Path, problems: "list[Problem]") -> tuple[str, str]:
    """The text of a file, and the same in order."""
    from reconciler.files.folder import as_folder, read_text  # noqa: PLC0415 - as above
    from reconciler.files.formatting import format_text  # noqa: PLC0415 - as above

    text = read_text(name, path, problems) or ""
    _stop_at([as_folder(path, problem) for problem in problems])
    try:
        return text, format_text(text, name)
    except RosterError as error:
        _stop_at(error.problems)
        raise


def _example() -> str:
    return (package_files("reconciler.files") / ROSTER).read_text(encoding="utf-8")


def _schema_text() -> str:
    from reconciler.files.schema import schema  # noqa: PLC0415 - YAML is slow to import

    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _policy_path() -> str | None:
    return _environ().get("RECONCILER_POLICY") or None


def _or_default(paths: Sequence[Path]) -> Sequence[Path]:
    return paths or (Path(_environ().get("RECONCILER_DESIRED") or "desired"),)


def _environ() -> Mapping[str, str]:
    """The environment; SettingError for a slip of a setting's name in it."""
    require_meant(os.environ)
    return os.environ


def _output() -> str:
    return str(getattr(_options(), "output", "text"))


def _quiet() -> bool:
    return bool(getattr(_options(), "verbosity", 0) < 0)


def _options() -> object:
    return click.get_current_context().find_root().obj


def _print_problems(problems: "Iterable[Problem]") -> None:
    from reconciler.files import render_problem  # noqa: PLC0415 - as above

    color = bool(getattr(_options(), "color", False))
    for problem in problems:
        shade = "red" if problem.severity == "error" else "yellow"
        word = f"{problem.severity}:"
        styled = click.style(word, fg=shade, bold=True)
        text = render_problem(problem)
        click.echo(text.replace(word, styled, 1) if color else text, err=True)


def _stop_at(problems: "Sequence[Problem]") -> None:
    if problems and _output() == "json":
        raise RosterError(tuple(problems))
    if problems:
        _print_problems(problems)
        click.get_current_context().exit(INVALID)

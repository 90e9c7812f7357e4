"""Completion in a shell: commands, options, rooms, labels and files."""

import resource
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.shell_completion import CompletionItem, get_completion_class

from reconciler import settings
from reconciler.cli.command_table import COMMANDS
from reconciler.cli.completion import ARGUMENTS, DEFAULT_DATABASE, SHELLS, asked
from reconciler.cli.root_command import cli
from reconciler.store.database.stored_names import stored_labels, stored_rooms
from tests.cli.conftest import LINE, World
from tests.cli.test_startup import HEAVY, run

KINDS = {
    "room": "room",
    "rooms": "room",
    "first": "room",
    "second": "room",
    "label": "label",
    "labels": "label",
    "paths": "file",
    "file": "file",
    "folder": "file",
}
"""What an argument is, by its name."""

OTHER_WORDS = {("set", "words"): "label"}


def ask(world: World, line: str, **environ: str) -> list[str]:
    """What bash is offered for the last word of *line*."""
    done = world.run(
        _RECONCILER_COMPLETE="bash_complete",
        COMP_WORDS=line,
        COMP_CWORD=str(len(line.split(" ")) - 1),
        **environ,
    )
    assert done.code == 0, done.err
    return done.out.split()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("reconciler status ", ["line"]),
        ("reconciler status l", ["line"]),
        ("reconciler status x", []),
        ("reconciler status line ", []),
        ("reconciler redial line ", ["ann", "bob", "cara", "dan", "sup"]),
        ("reconciler redial line ann ", ["bob", "cara", "dan", "sup"]),
        ("reconciler redial line --reason ill ", ["ann", "bob", "cara", "dan", "sup"]),
        ("reconciler explain --output json line d", ["dan"]),
        ("reconciler explain line ann ", []),
        ("reconciler diff line ", []),
        ("reconciler mute-all line --except b", ["bob"]),
        ("reconciler plan --target ", ["line"]),
        ("reconciler redial nowhere ", []),
    ],
)
def test_names_are_those_of_the_database(
    world: World, line: str, offered: list[str]
) -> None:
    world.converge()

    assert ask(world, line) == [f"plain,{each}" for each in offered]


LINES = [
    "reconciler redial line ",
    "reconciler redial line an",
    "reconciler redial 'line' 'a",
    'reconciler redial "line" "b',
    "reconciler redial line\\ x ",
]


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("shell", SHELLS)
def test_a_line_is_read_as_click_reads_it(
    monkeypatch: pytest.MonkeyPatch, shell: str, line: str
) -> None:
    last = line.rpartition(" ")[2]
    words = {"COMP_WORDS": line, "COMP_CWORD": last if shell == "fish" else "3"}
    for name, value in words.items():
        monkeypatch.setenv(name, value)
    found = get_completion_class(shell)
    assert found is not None

    expected = found(cli, {}, "reconciler", "X").get_completion_args()

    assert asked(shell, words) == expected


@pytest.mark.parametrize("shell", SHELLS)
def test_an_answer_is_written_as_click_writes_it(world: World, shell: str) -> None:
    world.converge()
    found = get_completion_class(shell)
    assert found is not None
    asked_by = found(cli, {}, "reconciler", "X")

    done = world.run(
        _RECONCILER_COMPLETE=f"{shell}_complete",
        COMP_WORDS="reconciler redial line ",
        COMP_CWORD="" if shell == "fish" else "3",
    )

    labels = ["ann", "bob", "cara", "dan", "sup"]
    lines = [asked_by.format_completion(CompletionItem(each)) for each in labels]
    assert done.out == "".join(f"{each}\n" for each in lines)


@pytest.mark.parametrize("name", ["a b", "50%", "what?", "nr#1", "ä"])
def test_a_database_is_found_in_a_folder_of_any_name(world: World, name: str) -> None:
    world.converge()
    (world.folder / name).mkdir()
    (world.folder / "reconciler.db").rename(world.folder / name / "x.db")

    assert stored_rooms(f"sqlite:///{world.folder / name}/x.db") == ["line"]


@pytest.mark.parametrize("line", ["plan ", "sync des", "validate a ", "apply "])
def test_paths_are_the_shells_to_complete(world: World, line: str) -> None:
    word = line.rpartition(" ")[2]

    assert ask(world, f"reconciler {line}") == [f"file,{word}"]


def test_without_a_database_nothing_is_offered_and_nothing_is_made(
    world: World,
) -> None:
    assert ask(world, "reconciler status ") == []
    assert list(world.folder.iterdir()) == []


def test_the_database_is_the_one_that_is_named(world: World) -> None:
    world.converge()
    (world.folder / "reconciler.db").rename(world.folder / "other.db")

    named = ask(world, "reconciler status --database-url sqlite:///other.db ")
    variable = ask(
        world, "reconciler status ", RECONCILER_DATABASE_URL="sqlite:///other.db"
    )

    assert named == variable == ["plain,line"]


def test_names_are_read_from_every_kind_of_database(
    world: World, database: str
) -> None:
    world.write(LINE)
    world.run("db", "upgrade", "--database-url", database)
    assert world.run("sync", "--database-url", database).code == 0

    assert stored_rooms(database) == ["line"]
    assert stored_labels(database, "line") == ["ann", "bob", "cara", "dan", "sup"]


def test_the_table_of_arguments_is_that_of_the_commands() -> None:
    context = click.Context(cli)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        found = [
            KINDS.get(str(each.name), "") or OTHER_WORDS.get((name, str(each.name)), "")
            for each in command.params
            if isinstance(each, click.Argument)
        ]
        known = [kind.removesuffix("*") for kind in ARGUMENTS.get(name, "").split()]
        while found and not found[-1]:
            found.pop()
        assert found == known, name


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_gets_its_script(world: World, shell: str) -> None:
    done = world.run("completion", shell)

    assert done.code == 0
    assert f"_RECONCILER_COMPLETE={shell}_complete" in done.out


@pytest.mark.process
def test_bash_completes_a_room_with_the_script(world: World) -> None:
    world.converge()
    script = world.run("completion", "bash").out
    asked = (
        f"{script}\nCOMP_WORDS=(reconciler redial line c)\nCOMP_CWORD=3\n"
        '_reconciler_completion reconciler\necho "${COMPREPLY[@]}"\n'
    )
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"

    done = subprocess.run(
        ["bash", "-c", asked],
        cwd=world.folder,
        env={"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.strip() == "cara", done.stderr


@pytest.mark.process
def test_labels_are_completed_without_a_library_that_is_slow_to_import(
    world: World,
) -> None:
    world.converge()
    environ = world.env(
        _RECONCILER_COMPLETE="bash_complete",
        COMP_WORDS="reconciler redial line ",
        COMP_CWORD="3",
    )

    found = run(env=environ, cwd=world.folder)

    assert found.out.split()[0] == "plain,ann"
    assert found.packages.isdisjoint({*HEAVY, "click"})
    assert not [each for each in found.ours if ".commands" in each]


@pytest.mark.process
def test_labels_cost_less_than_the_import_of_click(world: World) -> None:
    world.converge()
    environ = world.env(
        _RECONCILER_COMPLETE="bash_complete",
        COMP_WORDS="reconciler redial line ",
        COMP_CWORD="3",
    )
    ours: list[float] = []
    click_alone: list[float] = []
    for _ in range(5):
        for spent, words in (
            (ours, ["-m", "reconciler"]),
            (click_alone, ["-c", "import click, click.shell_completion"]),
        ):
            before = _children()
            subprocess.run(
                [sys.executable, *words],
                cwd=world.folder,
                env=environ,
                check=True,
                capture_output=True,
            )
            spent.append(_children() - before)

    assert min(ours) < min(click_alone)


def _children() -> float:
    """Processor time of the processes that ended so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_the_database_is_that_of_the_settings_where_none_is_named(
    world: World,
) -> None:
    world.converge()
    (world.folder / "url").write_text("sqlite:///reconciler.db\n")

    named = ask(world, "reconciler status ", RECONCILER_DATABASE_URL_FILE="url")

    assert named == ["plain,line"]
    assert DEFAULT_DATABASE == settings.DEFAULT_DATABASE

"""init, validate, schema and fmt, as a person runs them."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from reconciler.cli.commands import roster_files
from reconciler.cli.commands.roster_files import fmt, init, validate
from reconciler.files.schema import schema
from reconciler.model.errors import SettingError

GOOD = 'version: 1\nconference: room\nfrom: "+15550100000"\nparticipants:\n'
MEMBER = "  ann: {to: 'client:ann', muted: true}\n"
COMMANDS = {
    "init": init,
    "validate": validate,
    "schema": roster_files.schema,
    "fmt": fmt,
}


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RECONCILER_DESIRED", raising=False)


def run(command: str, *args: str, output: str = "text", color: bool = False) -> Result:
    options = SimpleNamespace(output=output, color=color)
    runner = CliRunner()
    return runner.invoke(COMMANDS[command], args, obj=options, color=color)


def write(name: str, text: str) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_validate_prints_json_as_one_line() -> None:
    write("desired/a.yaml", GOOD + MEMBER)

    result = run("validate", output="json")

    assert len(result.stdout.splitlines()) == 1
    assert json.loads(result.stdout)["valid"]


def test_what_init_writes_is_valid_at_once() -> None:
    assert run("init").exit_code == 0

    result = run("validate")

    assert result.exit_code == 0
    assert result.stdout == "1 file, 1 room, 4 people: valid\n"
    assert result.stderr == ""


def test_init_writes_the_schema_beside_the_example() -> None:
    result = run("init", "rooms")

    assert result.stdout.splitlines() == [
        "wrote rooms/example.yaml",
        "wrote rooms/roster.schema.json",
    ]
    first = Path("rooms/example.yaml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=roster.schema.json"
    assert json.loads(Path("rooms/roster.schema.json").read_text()) == schema()


@pytest.mark.parametrize("name", ["example.yaml", "roster.schema.json"])
def test_init_keeps_and_names_a_file_that_exists_and_writes_the_other(
    name: str,
) -> None:
    path = write(f"desired/{name}", "mine")
    both = {"example.yaml", "roster.schema.json"}
    (other,) = both - {name}

    result = run("init")

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"wrote desired/{other}",
        f"kept desired/{name}: it exists already",
    ]
    assert path.read_text() == "mine"
    assert {each.name for each in Path("desired").iterdir()} == both


def test_init_a_second_time_changes_nothing() -> None:
    run("init")
    before = {each: each.read_bytes() for each in Path("desired").iterdir()}

    result = run("init", output="json")

    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert answer["written"] == []
    assert answer["kept"] == ["desired/example.yaml", "desired/roster.schema.json"]
    assert {each: each.read_bytes() for each in Path("desired").iterdir()} == before


def test_init_says_when_it_cannot_write() -> None:
    write("desired", "a file")

    for words, said in (
        ((), "desired is not a folder: name one, such as desired"),
        (("/dev/null",), "/dev/null is not a folder"),
        (("desired/below",), "desired/below cannot be written: Not a directory"),
    ):
        result = run("init", *words)
        assert isinstance(result.exception, SettingError)
        assert said in str(result.exception)
    assert Path("desired").read_text() == "a file"


def test_init_as_data_names_what_was_written() -> None:
    result = run("init", output="json")

    assert json.loads(result.stdout)["written"] == [
        "desired/example.yaml",
        "desired/roster.schema.json",
    ]


def test_problems_go_to_stderr_and_the_summary_to_stdout() -> None:
    write("desired/line.yaml", GOOD + MEMBER.replace("true", "yes"))

    result = run("validate")

    assert result.exit_code == 78
    assert result.stdout == "1 file: 1 error\n"
    assert result.stderr.splitlines()[0] == (
        "desired/line.yaml:5:34: error: muted must be true or false"
    )


def test_warnings_are_told_and_do_not_fail() -> None:
    write("desired/line.yaml", GOOD + MEMBER + MEMBER.replace("ann:", "bob:", 1))

    result = run("validate")

    assert result.exit_code == 0
    assert result.stdout == "1 file, 1 room, 2 people: valid, 1 warning\n"
    assert "warning: 'bob' and 'ann' have the same 'to'" in result.stderr


def test_problems_as_data_go_to_stdout() -> None:
    write("desired/line.yaml", GOOD + MEMBER.replace("true", "yes"))

    result = run("validate", output="json")

    assert result.exit_code == 78
    assert result.stderr == ""
    report = json.loads(result.stdout)
    (problem,) = report.pop("problems")
    nothing = dict.fromkeys(("rooms", "people", "groups", "modes", "schedules"), 0)
    assert report == {"format_version": "1", "valid": False, "files": 1, **nothing}
    assert (problem["file"], problem["line"], problem["column"]) == (
        "desired/line.yaml",
        5,
        34,
    )


def test_the_paths_come_from_the_command_line_or_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write("a/1.yaml", GOOD + MEMBER)
    write("b/1.yaml", GOOD + MEMBER)
    write("b/2.yaml", (GOOD + MEMBER).replace("room", "other").replace("ann", "zoe"))
    monkeypatch.setenv("RECONCILER_DESIRED", "b")

    assert run("validate").stdout == "2 files, 2 rooms, 2 people: valid\n"
    assert run("validate", "a").stdout == "1 file, 1 room, 1 person: valid\n"
    assert run("validate", "a", "b").exit_code == 78


def test_groups_modes_and_schedules_are_counted() -> None:
    write(
        "a/room.yaml",
        GOOD + MEMBER + "groups: {ops: [ann, bob]}\nmodes: {quiet: {}, loud: {}}\n"
        "schedule: [{when: 'daily 08:00-10:00', timezone: UTC, mode: quiet}]\n",
    )
    write("a/people.yaml", "version: 1\npeople: {bob: {to: 'client:bob'}}\n")

    assert run("validate", "a").stdout == (
        "2 files, 1 room, 2 people, 1 group, 2 modes, 1 schedule: valid\n"
    )


@pytest.mark.parametrize("command", ["validate", "fmt"])
def test_a_folder_that_is_not_there_is_an_error(command: str) -> None:
    result = run(command)

    assert result.exit_code == 78
    assert (
        "desired: error: no such folder\n  hint: to create an example: "
        in result.stderr
    )


def test_color_is_used_only_where_it_is_wanted() -> None:
    write("desired/line.yaml", GOOD + MEMBER.replace("true", "yes"))

    assert "\x1b[" in run("validate", color=True).stderr
    assert "\x1b[" not in run("validate").stderr


def test_the_schema_is_printed_as_json() -> None:
    assert json.loads(run("schema").stdout) == schema()


def test_commands_run_without_a_group_around_them() -> None:
    write("desired/line.yaml", GOOD + MEMBER)

    assert CliRunner().invoke(validate, []).exit_code == 0


def test_fmt_puts_files_in_order_and_names_them() -> None:
    path = write("desired/line.yaml", GOOD + MEMBER + "\n\n\n# end  ")
    write("desired/tidy.yaml", GOOD)

    result = run("fmt")

    assert result.exit_code == 0
    assert result.stdout == "changed desired/line.yaml\n"
    assert path.read_text() == GOOD + MEMBER + "\n# end\n"
    assert run("fmt").stdout == ""


def test_fmt_check_changes_nothing_and_exits_2() -> None:
    path = write("desired/line.yaml", GOOD + "  \n")

    result = run("fmt", "--check")

    assert result.exit_code == 2
    assert result.stdout == "would change desired/line.yaml\n"
    assert path.read_text() == GOOD + "  \n"
    assert json.loads(run("fmt", "--check", output="json").stdout) == {
        "format_version": "1",
        "changed": ["desired/line.yaml"],
    }


def test_fmt_names_what_it_cannot_read() -> None:
    path = write("desired/line.yaml", "a: [\n")

    result = run("fmt")

    assert result.exit_code == 78
    assert "desired/line.yaml:2:1: error: invalid YAML" in result.stderr
    assert path.read_text() == "a: [\n"

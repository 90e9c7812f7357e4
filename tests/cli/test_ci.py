"""Rosters in CI: the action, the template and the hooks, in a scratch repository."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml

from tests.cli.conftest import LINE, Ended, World

ROOT = Path(__file__).resolve().parents[2]
ACTION: dict[str, Any] = yaml.safe_load(
    (ROOT / "deploy/ci/github/action.yml").read_text("utf-8")
)
TEMPLATE: dict[str, Any] = yaml.safe_load(
    (ROOT / "deploy/ci/gitlab.yml").read_text("utf-8")
)
HOOKS: list[dict[str, Any]] = yaml.safe_load(
    (ROOT / ".pre-commit-hooks.yaml").read_text("utf-8")
)
WRONG = LINE.replace("muted: true", "muted: perhaps")
HERE = re.compile(r"\$\{\{ (.*?) \}\}")


def repository(world: World, roster: str) -> None:
    """A git repository with one roster, all of it added."""
    world.write(roster)
    for words in (("init", "-q"), ("add", ".")):
        subprocess.run(["git", *words], cwd=world.folder, check=True)


def shell(world: World, script: str, **environ: str) -> Ended:
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=world.folder,
        env={
            **world.env(**environ),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def step(world: World, name: str, **inputs: str) -> Ended:
    """One step of the action, with what GitHub gives it on a pull request."""
    (found,) = [each for each in ACTION["runs"]["steps"] if each["name"] == name]
    given = {f"inputs.{x}": str(y["default"]) for x, y in ACTION["inputs"].items()}
    given["runner.temp"] = str(world.folder)
    number = inputs.pop("number", "7")
    given["github.event.pull_request.number"] = number
    given |= {f"inputs.{each}": value for each, value in inputs.items()}
    environ = {
        name: HERE.sub(lambda match: given[match[1]], text)
        for name, text in found["env"].items()
    }
    summary = str(world.folder / "summary.md")
    environ["GITHUB_EVENT_NAME"] = "pull_request" if number else "push"
    return shell(world, found["run"], **environ, GITHUB_STEP_SUMMARY=summary)


@pytest.mark.process
@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"plan": "yes"}, "The input plan is yes: write"),
        ({"plan": "True"}, "The input plan is True: write"),
        ({"plan": ""}, "The input plan is '': write"),
        ({"plan": "true", "comment": "yes"}, "The input comment is yes: write"),
        ({"plan": "a\n::stop-commands::x"}, "The input plan is $'a\\n"),
        ({"comment": "true"}, "without a plan: set plan"),
        ({"plan": "true", "comment": "true", "number": ""}, "event (push) is of no"),
        ({"paths": " \n"}, "The input paths is empty"),
    ],
)
def test_inputs_that_would_be_ignored_fail_the_action_with_a_sentence(
    world: World, inputs: dict[str, str], said: str
) -> None:
    checked = step(world, "Check inputs", **inputs)

    assert checked.code == 1
    (line,) = checked.out.splitlines()
    assert line.startswith("::error title=Check rosters::")
    assert said in line


@pytest.mark.process
@pytest.mark.parametrize(
    "inputs",
    [
        {},
        {"number": ""},
        {"plan": "true", "number": ""},
        {"plan": "true", "comment": "true"},
    ],
)
def test_inputs_that_are_right_pass_before_anything_is_installed(
    world: World, inputs: dict[str, str]
) -> None:
    checked = step(world, "Check inputs", **inputs)

    assert (checked.code, checked.out) == (0, "")
    assert ACTION["runs"]["steps"][0]["name"] == "Check inputs"


@pytest.mark.process
def test_a_pull_request_has_its_wrong_line_annotated_and_then_its_plan_shown(
    world: World,
) -> None:
    repository(world, WRONG)
    wrong = step(world, "Validate")
    world.write(LINE)
    right = step(world, "Validate")
    plan = step(world, "Plan")

    assert wrong.code == 78
    line = WRONG.splitlines().index(
        next(x for x in WRONG.splitlines() if "perhaps" in x)
    )
    (said,) = [x for x in wrong.out.splitlines() if x.startswith("::")]
    assert said.startswith(f"::error file=desired/line.yaml,line={line + 1},col=")
    assert right.code == plan.code == 0, plan.err
    assert "::" not in right.out
    summary = (world.folder / "summary.md").read_text("utf-8")
    assert summary.startswith("<!-- reconciler plan -->\n### Plan: 4 to ring")
    assert "| ann | ring +1555•••0001 |" in summary
    assert "5551230001" not in summary
    assert world.writes() == []


@pytest.mark.process
def test_a_merge_request_has_a_test_report_and_its_plan(world: World) -> None:
    repository(world, WRONG)
    variables = TEMPLATE["variables"]
    wrong = shell(
        world, "\n".join(TEMPLATE["reconciler:validate"]["script"]), **variables
    )
    report = ET.parse(world.folder / "rosters.xml").getroot()  # noqa: S314 - our own
    world.write(LINE)
    plan = shell(world, "\n".join(TEMPLATE["reconciler:plan"]["script"]), **variables)

    assert wrong.code == 78
    assert report.attrib["failures"] == "1"
    (case,) = report.iter("testcase")
    assert case.attrib["name"] == "desired/line.yaml"
    (failure,) = case.iter("failure")
    assert "muted" in failure.attrib["message"]
    assert plan.code == 0
    assert (world.folder / "plan.md").read_text("utf-8") == plan.out


@pytest.mark.process
def test_the_hooks_refuse_a_wrong_file_and_put_whitespace_in_order(
    world: World,
) -> None:
    repository(world, WRONG.replace("version: 1\n", "version: 1   \n"))
    hooks = {each["id"]: each for each in HOOKS}

    def run(name: str) -> Ended:
        hook = hooks[name]
        listed = subprocess.run(
            ["git", "ls-files"],
            cwd=world.folder,
            capture_output=True,
            text=True,
            check=True,
        )
        chosen = [
            x for x in listed.stdout.split() if re.search(hook.get("files", ""), x)
        ]
        given = chosen if hook.get("pass_filenames", True) else []
        return shell(world, shlex.join([*shlex.split(hook["entry"]), *given]))

    assert run("reconciler-validate").code == 78
    assert "changed desired/line.yaml" in run("reconciler-fmt").out
    world.write(LINE)
    assert run("reconciler-validate").code == 0


@pytest.mark.process
def test_the_steps_of_the_action_are_of_a_shell_that_reads_them() -> None:
    for each in ACTION["runs"]["steps"]:
        if "run" in each:
            checked = subprocess.run(
                ["bash", "-n", "-c", each["run"]], check=False, capture_output=True
            )
            assert checked.returncode == 0, each["name"]
            assert "${{" not in each["run"]


def test_a_log_for_code_scanning_names_the_place(world: World) -> None:
    world.write(WRONG)

    done = world.run("validate", "--output", "sarif")

    log = json.loads(done.out)
    (result,) = log["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert done.code == 78
    assert log["version"] == "2.1.0"
    assert place["artifactLocation"] == {
        "uri": "desired/line.yaml",
        "uriBaseId": "%SRCROOT%",
    }
    assert place["region"]["startLine"] > 1
    assert result["level"] == "error"


@pytest.mark.parametrize("form", ["github", "sarif", "junit"])
def test_a_report_of_right_files_says_so(world: World, form: str) -> None:
    world.write(LINE)

    done = world.run("validate", "--output", form)

    assert done.code == 0
    assert "::error" not in done.out
    assert "<failure" not in done.out
    assert '"ruleId"' not in done.out


@pytest.mark.parametrize("form", ["github", "junit"])
def test_text_of_a_file_is_no_command_and_no_markup_in_a_report(
    world: World, form: str
) -> None:
    world.write(LINE + '"x\\n::stop-commands::<a>&%0A": 1\n', 'a,b:c".yaml')

    done = world.run("validate", "--output", form)

    assert done.code == 78
    lines = done.out.splitlines()
    assert not any(each.startswith("::stop") for each in lines)
    if form == "junit":
        ET.fromstring(done.out)  # noqa: S314 - our own
    else:
        (said,) = [each for each in lines if each.startswith("::error")]
        assert 'file=desired/a%2Cb%3Ac".yaml,line=' in said


def test_markdown_has_nothing_of_a_roster_as_markup(world: World) -> None:
    world.write(LINE.replace("dan:", '"@dan|<b>#1`":'))

    done = world.run("plan", "--output", "markdown")

    assert done.code == 0, done.err
    assert "@<!-- -->dan\\|\\<b\\>#<!-- -->1\\`" in done.out


def test_markdown_of_many_rooms_fits_a_comment(world: World) -> None:
    for number in range(60):
        people = "".join(
            f'  p{each}: {{to: "+1555{number:02d}0{each:04d}"}}\n' for each in range(20)
        )
        head = f'version: 1\nconference: room-{number:02d}\nfrom: "+15550100001"\n'
        world.write(f"{head}participants:\n{people}", f"{number}.yaml")

    done = world.run("plan", "--output", "markdown")

    assert len(done.out) < 65_000
    assert re.search(
        r"^\d+ more rooms\. To see all: `reconciler plan`$", done.out, re.MULTILINE
    )

"""What exists is documented: commands, metrics, events, settings; pages are in the site."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.cli.command_table import COMMANDS
from reconciler.engine.room.outcome import Outcome
from reconciler.model.action import Verb
from reconciler.model.attempt import AttemptState
from reconciler.model.parameter import TABLE
from reconciler.planning.guards import KINDS
from tests.site.api_reference import api_reference
from tests.site.command_reference import commands_page, grouped_commands, manual
from tests.site.metrics_reference import metric_names, metrics_page
from tests.site.roster_manual import roster_manual
from tests.site.sources import (
    OUTSIDE,
    linked_files,
    nav_pages,
    relinked,
    site_pages,
    write_sources,
)

ROOT = Path(__file__).resolve().parents[2]
MADE = {
    "docs/commands.md": (commands_page, "tests.site.command_reference"),
    "docs/metrics.md": (metrics_page, "tests.site.metrics_reference"),
    "docs/man/reconciler.1": (manual, "tests.site.command_reference man"),
    "docs/man/reconciler-roster.5": (roster_manual, "tests.site.roster_manual"),
}


@pytest.mark.parametrize("path", MADE)
def test_a_page_made_from_the_code_is_that_of_the_code(path: str) -> None:
    make, module = MADE[path]
    text = (ROOT / path).read_text("utf-8")

    assert text.splitlines() == make().splitlines(), (
        f"{path} is stale: 'python -m {module} > {path}' writes it"
    )


def test_the_reference_of_the_python_api_is_that_of_the_code() -> None:
    text = (ROOT / "docs/api.md").read_text("utf-8")

    assert text.partition("## Reference\n\n")[2] == api_reference(), (
        "docs/api.md is stale below '## Reference': 'python -m "
        "tests.site.api_reference' prints what belongs there"
    )


def test_every_command_is_in_the_page_and_the_manual() -> None:
    found = [each.name for _, commands in grouped_commands() for each in commands]

    assert {each.split()[1] for each in found} == set(COMMANDS)
    assert len(found) > len(COMMANDS)
    for each in found:
        assert f"### {each}\n" in commands_page()
        assert f'.SS "{each}'.replace("-", "\\-") in manual()


def test_every_parameter_is_in_the_manual_of_rosters() -> None:
    for each in TABLE:
        assert f"\\fB{each.name}\\fR" in roster_manual()


def _lines_that_troff_takes_as_requests(text: str) -> list[str]:
    known = (".TH", ".SH", ".SS", ".TP", ".PP", ".B", ".BR", ".nf", ".fi")
    return [
        each
        for each in text.splitlines()
        if each.startswith((".", "'")) and each.split()[0] not in known
    ]


@pytest.mark.parametrize("make", [manual, roster_manual])
def test_a_manual_has_no_line_that_troff_would_take_as_a_request(
    make: Callable[[], str],
) -> None:
    text = make()
    assert _lines_that_troff_takes_as_requests(text) == []
    assert text.isascii() or set(re.findall(r"[^\x00-\x7f]", text)) <= {"•", "—"}


def test_every_metric_that_is_named_anywhere_exists() -> None:
    names = metric_names()
    endings = ("_total", "_bucket", "_sum", "_count", "_info")
    pages = [*ROOT.glob("docs/*.md"), *ROOT.glob("deploy/*.*"), ROOT / "README.md"]
    for page in pages:
        for name in re.findall(r"\breconciler_[a-z_]+[a-z]\b", page.read_text("utf-8")):
            bare = next(
                (name.removesuffix(x) for x in endings if name.endswith(x)), name
            )
            assert {name, bare} & names or name in NO_METRICS, f"{page.name}: {name}"


NO_METRICS = {"reconciler_run", "reconciler_engine", "reconciler_marks"}
"""A user, a schema and a channel of PostgreSQL."""


def _texts() -> Iterator[str]:
    for path in (ROOT / "reconciler").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


_SUBJECTS = "attempt|call|member|notification|override|room|roster"
_ACTIONS = "|".join(Verb)
_KIND = re.compile(rf"(?:{_SUBJECTS}|{_ACTIONS})\.[a-z]+(?:-[a-z]+)*")


def _kinds() -> set[str]:
    literal = {each for each in _texts() if _KIND.fullmatch(each)}
    made = {f"{verb}.{result}" for verb in Verb for result in Outcome}
    made |= {f"{verb}.planned" for verb in Verb}
    made |= {f"attempt.{state}" for state in AttemptState}
    return literal | made | {f"withheld.{guard}" for guard in (*KINDS, *OTHER_GUARDS)}


OTHER_GUARDS = ("coached", "policy", "unsupported")
"""Guards that no approval lifts."""


def test_every_kind_of_event_is_documented_and_no_other() -> None:
    text = (ROOT / "docs/events.md").read_text("utf-8")
    rows = "\n".join(each for each in text.splitlines() if each.startswith("| `"))
    documented = set(re.findall(r"`([a-z]+\.[a-z.-]+)`", rows)) - {
        each for each in KINDS if each.startswith("limits.")
    }

    assert documented == _kinds()


def test_every_guard_that_withholds_is_listed() -> None:
    source = "\n".join(
        p.read_text("utf-8") for p in ROOT.glob("reconciler/planning/*.py")
    )
    named = set(re.findall(r'Withheld\(\w+, "([a-z.-]+)"', source))

    assert named
    assert named <= {*KINDS, *OTHER_GUARDS}
    assert 'GUARD = "policy"' in source


def test_every_result_of_an_action_is_explained() -> None:
    text = (ROOT / "docs/events.md").read_text("utf-8")
    assert [each for each in Outcome if f"| `{each}` |" not in text] == []


def test_every_page_is_in_the_navigation_of_the_site_once() -> None:
    pages = [each for each in site_pages().values() if each.endswith(".md")]

    assert sorted(nav_pages()) == sorted(pages)


def test_every_link_of_the_site_leads_to_a_page_or_a_file(tmp_path: Path) -> None:
    write_sources(tmp_path)
    lost = [
        f"{page.relative_to(tmp_path)}: {link}"
        for page in tmp_path.rglob("*.md")
        if "files" not in page.relative_to(tmp_path).parts
        for link in re.findall(
            r"\]\(([^)#:\s]+)(?:#[^)\s]*)?\)", page.read_text("utf-8")
        )
        if not (page.parent / link).exists()
    ]

    assert lost == []
    assert all((tmp_path / name).is_file() for name in OUTSIDE.values())


def test_links_between_pages_become_those_of_the_site() -> None:
    pages = site_pages()

    assert (
        relinked("[a](../README.md#x)", "docs/tutorial.md", pages) == "[a](index.md#x)"
    )
    assert relinked("[a](docs/json.md)", "README.md", pages) == "[a](json.md)"
    assert (
        relinked("[a](../json.md)", "docs/schemas/README.md", pages)
        == "[a](../json.md)"
    )
    kept = "[a](https://example.com/x) [b](#here)"
    assert relinked(kept, "README.md", pages) == kept
    assert "deploy/otel-collector.yaml" in set(linked_files(pages))

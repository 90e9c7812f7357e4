"""Options and commands that operators expect of every tool."""

import json
import os
import re
from pathlib import Path

import pytest

from reconciler import __version__
from reconciler.cli.templates import TEMPLATES
from reconciler.files import examine
from reconciler.model.errors import Severity
from tests.cli.conftest import LINE, TOKEN, World


def test_times_are_local_and_with_utc_in_utc(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time  # noqa: PLC0415 - the zone of the process

    world.converge()
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        local = world.run("events", "line", "--limit", "1", TZ="Asia/Kolkata").out
        utc = world.run(
            "events", "line", "--limit", "1", "--utc", TZ="Asia/Kolkata"
        ).out
    finally:
        monkeypatch.undo()
        time.tzset()

    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+05:30 line", local)
    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ line", utc)


def test_standard_input_is_validated_planned_and_put_in_order(world: World) -> None:
    world.tables = None
    validated = world.run("validate", "-", stdin=LINE)
    planned = world.run("plan", "-", stdin=LINE)
    formatted = world.run("fmt", "-", stdin=LINE.replace("\n", "  \n"))
    checked = world.run("fmt", "-", "--check", stdin=LINE.replace("\n", "  \n"))
    synced = world.run("sync", "-", stdin=LINE)

    assert validated.code == planned.code == formatted.code == 0
    assert "1 file, 1 room, 5 people" in validated.out
    assert "4 to ring" in planned.out
    assert formatted.out == LINE
    assert checked.code == 2
    assert synced.code == 64
    assert "reconciler plan -" in synced.err
    assert [each.name for each in world.folder.iterdir()] == []


def test_an_approval_with_no_input_needs_yes(world: World) -> None:
    world.converge()
    head = LINE.partition("participants:")[0]
    world.write(head + "participants: {}\n")
    world.run("sync")

    done = world.run("approve", "line", "--no-input")

    assert done.code == 64
    assert "--no-input: pass --yes to approve" in done.err


def test_versions_are_shown_as_text_and_json(world: World) -> None:
    text = world.run("version").out
    data = world.run("version", "--output", "json").data

    assert text.startswith(f"reconciler {__version__}\n")
    assert data["version"] == __version__
    assert f"database schema {data['database_schema']}" in text


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_roster_of_a_job_is_written_and_is_valid(
    world: World, template: str
) -> None:
    done = world.run("init", "--template", template)

    assert done.code == 0, done.err
    assert world.run("validate").code == 0
    _, problems = examine([world.folder / "desired"], os.environ)
    assert not [each for each in problems if each.severity is Severity.ERROR]
    source = Path(__file__).resolve().parents[2] / "desired"
    for name in TEMPLATES[template]:
        written = (world.folder / "desired" / name).read_text("utf-8")
        assert written == (source / name).read_text("utf-8")


def test_a_template_overwrites_nothing(world: World) -> None:
    world.write("mine", "hearing.yaml")

    done = world.run("init", "--template", "hearing")

    assert done.code == 0
    assert "kept desired/hearing.yaml" in done.out
    assert (world.folder / "desired/hearing.yaml").read_text() == "mine"


def test_a_bug_report_has_versions_and_events_and_no_secret(world: World) -> None:
    world.converge()
    world.run("sync", "--force", "they called from +15551239999")

    report = world.run("bug-report", RECONCILER_NOTIFY="targets: {}")
    data = world.run("bug-report", "--output", "json").data

    assert report.code == 0
    for title in ("Versions", "Settings", "Database", "Packages", "Events"):
        assert f"## {title}\n" in report.out
    assert "- TWILIO_AUTH_TOKEN: (set)" in report.out
    assert "- RECONCILER_NOTIFY: (set)" in report.out
    assert "- TWILIO_ACCOUNT_SID: ACa1a1…" in report.out
    assert re.search(r"^- event_kinds: .*\bring\.done \d", report.out, re.MULTILINE)
    for text in (report.out, json.dumps(data)):
        assert TOKEN not in text
        assert not re.search(r"\+1555\d{7}", text)
    assert data["version"] == __version__
    assert data["database"]["rooms"] == 1
    assert data["packages"]["click"]
    assert data["events"]


def test_a_bug_report_says_what_it_could_not_read(world: World) -> None:
    done = world.run("bug-report", "--database-url", "mysql://db/x")

    assert done.code == 0
    assert (
        "- error: the database URL is of the kind 'mysql', which is not supported"
        in done.out
    )

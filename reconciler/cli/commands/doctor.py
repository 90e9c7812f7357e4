"""``reconciler doctor``: checks prerequisites, one line per check."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import click

from reconciler.bootstrap import now
from reconciler.bootstrap.account_source import roster_policy
from reconciler.bootstrap.notify_source import notification_targets, open_sender
from reconciler.bootstrap.zone_data import ZoneData, zone_data
from reconciler.cli.account_check import account_findings
from reconciler.cli.check_finding import Finding, Level, failed, invalid, passed
from reconciler.cli.command_settings import command_settings
from reconciler.cli.commands.daemon import daemon
from reconciler.cli.daemon_check import daemon_finding
from reconciler.cli.database_check import binding_findings, database_findings
from reconciler.cli.json_output import print_json
from reconciler.cli.options import current
from reconciler.cli.profile_check import profile_findings
from reconciler.cli.second_source_check import (
    event_stream_findings,
    insights_findings,
)
from reconciler.cli.twilio_check import twilio_findings
from reconciler.files import examine, render_problem
from reconciler.files.policy_file import examine_policy
from reconciler.model.errors import RosterError, SettingError, Severity
from reconciler.model.exit_code import INVALID
from reconciler.model.masking import mask
from reconciler.planning.serialize import FORMAT_VERSION
from reconciler.settings import Settings
from reconciler.webhooks.public_url import public_url, voice_url


@click.command()
def doctor() -> int:
    """Check credentials, clock, database, settings of the daemon and roster files.

    Prints one line per check, with a remedy. Sends two GET requests, and one to Voice
    Insights if enabled. Changes nothing. Exits with 0, or with the code of the first
    failure.
    """
    of = command_settings()
    findings = [
        *asyncio.run(
            account_findings(of, twilio_findings, insights_findings, binding_findings)
        ),
        *asyncio.run(database_findings(of.database_url)),
        daemon_finding(of, daemon),
        *_webhooks(of, os.environ.get("RECONCILER_PUBLIC_URL")),
        *_policy(of.policy),
        _notify(of),
        _zones(zone_data()),
        *profile_findings(of),
        _rosters(of),
    ]
    _print(findings)
    return next(
        (finding.code for finding in findings if finding.level is Level.FAIL), 0
    )


def _print(found: list[Finding]) -> None:
    if current().json:
        checks = [
            {
                "check": finding.check,
                "level": str(finding.level),
                "message": mask(finding.text),
            }
            for finding in found
        ]
        print_json({"format_version": FORMAT_VERSION, "checks": checks})
        return
    colors = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "red"}
    for finding in found:
        level = click.style(f"{finding.level:<4}", fg=colors[finding.level])
        click.echo(
            f"{level} {finding.check}: {mask(finding.text)}", color=current().color
        )


def _zones(data: ZoneData) -> Finding:
    level = Level.WARN if data.older else Level.OK
    return Finding("time zones", level, data.described())


def _webhooks(of: Settings, text: str | None) -> Iterator[Finding]:
    if not text:
        yield passed("public URL", "not set; webhooks are off, rooms are polled")
        return
    try:
        base = public_url(text)
    except SettingError as error:
        yield failed("public URL", error)
        return
    yield _reachable(text, base)
    how = "numbers that people dial: set the voice webhook to POST"
    named = f"{voice_url(base, 'ROOM')}, the room's name percent-encoded"
    yield passed("voice URL", f"{how} {named}")
    yield from event_stream_findings(of, base)


def _reachable(text: str, base: str) -> Finding:
    url = urlsplit(base)
    host = url.hostname or ""
    if url.scheme != "https" or host == "localhost" or host.startswith("127."):
        why = "Twilio can only reach public https:// addresses; check that this is one"
        return Finding("public URL", Level.WARN, f"{text}: {why}")
    return passed(
        "public URL", f"{text} is well-formed; Twilio must be able to reach it"
    )


def _policy(path: str | None) -> Iterator[Finding]:
    problems = examine_policy(Path(path))[1] if path else []
    if problems:
        first = render_problem(problems[0]).splitlines()[0]
        text = f"{first}. To see all: reconciler policy check"
        yield Finding("policy", Level.FAIL, text, INVALID)
        return
    without = "not set; rosters may call any number. To limit them: RECONCILER_POLICY"
    yield passed("policy", path or without)


def _notify(of: Settings) -> Finding:
    """Whether the targets can be sent to; nothing is sent."""
    try:
        targets = notification_targets(of)
        for target in targets:
            open_sender(target)
    except RosterError as error:
        return invalid("notifications", error)
    except SettingError as error:
        return failed("notifications", error)
    if not targets:
        return passed(
            "notifications", "not set; to notify people: RECONCILER_NOTIFY_FILE"
        )
    names = ", ".join(each.name for each in targets)
    return passed("notifications", f"{names}. To send a test: reconciler notify test")


def _rosters(of: Settings) -> Finding:
    folder = of.desired
    try:
        policy = roster_policy(of)
        loading, problems = examine([Path(folder)], os.environ, policy=policy)
    except RosterError as error:
        return invalid("rosters", error)
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    if errors:
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        first = render_problem(errors[0]).splitlines()[0]
        text = f"{first}{more}. To see all: reconciler validate"
        return Finding("rosters", Level.FAIL, text, INVALID)
    ahead = loading.ahead(now())
    if ahead:
        lines = (f"{x.file}: {x.masked.message}. To mend it: {x.hint}" for x in ahead)
        return Finding("rosters", Level.WARN, "; ".join(lines))
    rooms = len(loading.rosters)
    return passed("rosters", f"{rooms} {'room' if rooms == 1 else 'rooms'} in {folder}")

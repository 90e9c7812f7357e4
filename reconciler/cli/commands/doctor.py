"""``reconciler doctor``: checks prerequisites, one line per check."""

import asyncio
import os
import random
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

import click
import httpx

from reconciler.bootstrap import now
from reconciler.bootstrap.account_binding import require_account
from reconciler.bootstrap.command_session import account
from reconciler.bootstrap.notify_source import notification_targets, open_sender
from reconciler.bootstrap.zone_data import ZoneData, zone_data
from reconciler.cli.command_settings import command_settings
from reconciler.cli.json_output import print_json
from reconciler.cli.options import current
from reconciler.files import examine, render_problem
from reconciler.files.policy_file import load_policy
from reconciler.model.errors import ReconcilerError, RosterError, SettingError, Severity
from reconciler.model.exit_code import INVALID, UNREACHABLE, code_of
from reconciler.model.masking import mask
from reconciler.model.observation import ConferenceStatus
from reconciler.planning.serialize import FORMAT_VERSION
from reconciler.settings import Settings
from reconciler.store.database.database import writable
from reconciler.store.database.url import parse_database_url
from reconciler.store.migration import HEAD, SchemaState, SchemaVersion, current_at
from reconciler.store.store import open_reader
from reconciler.twilio.api.account import Account
from reconciler.twilio.api.client import TwilioClient
from reconciler.twilio.api.transports import ReadOnly, make_transports
from reconciler.webhooks.public_url import public_url, voice_url

_MAX_SKEW_SECONDS = 10.0
"""Seconds by which this clock and Twilio's may differ without a word."""


class Level(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check; ``code`` is the exit code of a failure."""

    check: str
    level: Level
    text: str
    code: int = 0


@click.command()
def doctor() -> int:
    """Check credentials, clock, database, public URL and roster files.

    One line a check, with what to do about it. Sends two GETs and writes
    nothing. Exits with 0, or with the code of the first failure.
    """
    of = command_settings()
    found = [
        *asyncio.run(_twilio(of)),
        *asyncio.run(_database(of.database_url)),
        *asyncio.run(_binding(of)),
        *_webhooks(os.environ.get("RECONCILER_PUBLIC_URL")),
        *_policy(of.policy),
        _notify(of),
        _zones(zone_data()),
        _rosters(of),
    ]
    _print(found)
    return next((each.code for each in found if each.level is Level.FAIL), 0)


def _print(found: list[Finding]) -> None:
    if current().json:
        checks = [
            {"check": each.check, "level": str(each.level), "message": mask(each.text)}
            for each in found
        ]
        print_json({"format_version": FORMAT_VERSION, "checks": checks})
        return
    colors = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "red"}
    for each in found:
        level = click.style(f"{each.level:<4}", fg=colors[each.level])
        click.echo(f"{level} {each.check}: {mask(each.text)}", color=current().color)


def _ok(check: str, text: str) -> Finding:
    return Finding(check, Level.OK, text)


def _failed(check: str, error: ReconcilerError) -> Finding:
    return Finding(check, Level.FAIL, str(error), code_of(error))


class _Listening(httpx.AsyncBaseTransport):
    """Remembers what the other side's clock said, and what ours did then."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.skew: float | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        sent = now()
        response = await self._inner.handle_async_request(request)
        told = response.headers.get("Date")
        if told is not None:
            self.skew = _skew(told, sent, now())
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


def _skew(told: str, sent: float, came: float) -> float | None:
    """Seconds by which our clock is ahead; a Date header has no fractions."""
    try:
        theirs = parsedate_to_datetime(told).timestamp()
    except ValueError:
        return None
    if theirs + 1 < sent:
        return sent - theirs - 1
    return min(0.0, came - theirs)


async def _twilio(of: Settings) -> list[Finding]:
    try:
        to = account(of)
        reading, writing = make_transports(to.base_url, 1)
    except SettingError as error:
        return [_failed("credentials", error)]
    await writing.aclose()
    line = _Listening(ReadOnly(reading))
    client = TwilioClient(
        to, sleep=asyncio.sleep, jitter=random.random, page_size=1, transport=line
    )
    async with client:
        found = await _asked(client, to)
    return [*found, *_clock(line.skew)]


async def _asked(client: TwilioClient, to: Account) -> list[Finding]:
    """The two questions that every look at rooms rests on."""
    known = _ok("credentials", f"accepted for account {to.sid[:6]}… ({to.base_url})")
    found: list[Finding] = []
    for status in (ConferenceStatus.IN_PROGRESS, ConferenceStatus.INIT):
        try:
            await client.conferences.list("reconciler doctor", status)
        except ReconcilerError as error:
            if not found:
                return [_failed("credentials", error)]
            text = f"conferences that have not started are not listed: {error}"
            return [known, Finding("conferences", Level.WARN, text)]
        found = [known]
    return found


def _clock(skew: float | None) -> Iterator[Finding]:
    if skew is None:
        return
    if abs(skew) <= _MAX_SKEW_SECONDS:
        yield _ok("clock", "agrees with Twilio's")
        return
    side = "ahead of" if skew > 0 else "behind"
    text = (
        f"this clock is {abs(skew):.0f} s {side} Twilio's: set it by NTP, or calls "
        "are searched for at the wrong time"
    )
    yield Finding("clock", Level.WARN, text)


async def _database(url: str) -> list[Finding]:
    try:
        place = parse_database_url(url)
        version = await current_at(url)
    except ReconcilerError as error:
        return [_failed("database", error)]
    embedded = place.path is not None
    found = [_version(place.name, version, embedded=embedded)]
    if version.number is not None and embedded:
        try:
            await writable(place, create=False).close()
        except ReconcilerError as error:
            return [*found, _failed("database file", error)]
    if place.path is None:
        return found
    return [*found, _folder(place.path), *_private(place.path)]


def _private(path: Path) -> Iterator[Finding]:
    """Whether others may read the file, which holds phone numbers."""
    try:
        found = path.stat()
    except OSError:
        return
    if found.st_mode & 0o077:
        text = f"{path} can be read by others. Run: chmod 600 {shlex.quote(str(path))}"
        yield Finding("database mode", Level.WARN, text)
    if found.st_uid != os.geteuid():
        text = f"{path} belongs to user {found.st_uid}, this process is {os.geteuid()}"
        yield Finding("database owner", Level.WARN, text)


async def _binding(of: Settings) -> list[Finding]:
    """Whether the database is the account's whose credentials are given."""
    try:
        account_sid = of.credentials().account_sid
        async with await open_reader(of.database_url) as store:
            bound = await store.account()
            await require_account(store, account_sid, of.database_url, bind=False)
    except SettingError as error:
        kept = "belongs to account" in str(error)
        return [_failed("database account", error)] if kept else []
    except ReconcilerError:
        return []
    return [_ok("database account", f"account {bound[:6]}…")] if bound else []


def _version(name: str, version: SchemaVersion, *, embedded: bool) -> Finding:
    age, number = version.age, version.number
    if version.usable:
        return _ok("database", f"{name} has version {number}")
    if embedded and age in _MADE:
        return _ok("database", f"{name} {_MADE[age]}")
    text = f"{name} {_LACKS[age]} (version {number or 'none'} of {HEAD})"
    return Finding("database", Level.FAIL, text, INVALID)


_MADE = {
    SchemaState.NONE: "does not exist yet; it will be created on first use",
    SchemaState.OLDER: "was created by an older reconciler; it will be upgraded on next use",
}

_LACKS = {
    SchemaState.NONE: "has no tables. To create them: reconciler db upgrade",
    SchemaState.OLDER: "was created by an older reconciler. To upgrade: reconciler db upgrade",
    SchemaState.NEWER: "was created by a newer reconciler: upgrade this one",
    SchemaState.FOREIGN: "belongs to another program: choose another database",
}


def _folder(path: Path) -> Finding:
    """SQLite writes beside its file, too."""
    if os.access(path.parent, os.W_OK, effective_ids=True):
        return _ok("database file", "the file and its folder are writable")
    text = f"the folder {path.parent} is missing or not writable for this user"
    return Finding("database file", Level.FAIL, text, UNREACHABLE)


def _zones(data: ZoneData) -> Finding:
    level = Level.WARN if data.older else Level.OK
    return Finding("time zones", level, data.described())


def _webhooks(text: str | None) -> Iterator[Finding]:
    if not text:
        yield _ok("public URL", "not set; webhooks are off, rooms are polled")
        return
    try:
        base = public_url(text)
    except SettingError as error:
        yield _failed("public URL", error)
        return
    yield _reachable(text, base)
    how = "numbers that people dial: set the voice webhook to POST"
    named = f"{voice_url(base, 'ROOM')}, the room's name percent-encoded"
    yield _ok("voice URL", f"{how} {named}")


def _reachable(text: str, base: str) -> Finding:
    url = urlsplit(base)
    host = url.hostname or ""
    if url.scheme != "https" or host == "localhost" or host.startswith("127."):
        why = "Twilio can only reach public https:// addresses; check that this is one"
        return Finding("public URL", Level.WARN, f"{text}: {why}")
    return _ok("public URL", f"{text} is well-formed; Twilio must be able to reach it")


def _policy(path: str | None) -> Iterator[Finding]:
    try:
        load_policy(path)
    except RosterError as error:
        first = render_problem(error.problems[0]).splitlines()[0]
        text = f"{first}. To see all: reconciler policy check"
        yield Finding("policy", Level.FAIL, text, INVALID)
        return
    without = "not set; rosters may call any number. To limit them: RECONCILER_POLICY"
    yield _ok("policy", path or without)


def _notify(of: Settings) -> Finding:
    """Whether the targets can be sent to; nothing is sent."""
    try:
        targets = notification_targets(of)
        for target in targets:
            open_sender(target)
    except RosterError as error:
        first = render_problem(error.problems[0]).splitlines()[0]
        return Finding("notifications", Level.FAIL, first, INVALID)
    except SettingError as error:
        return _failed("notifications", error)
    if not targets:
        return _ok("notifications", "not set; to notify people: RECONCILER_NOTIFY_FILE")
    names = ", ".join(each.name for each in targets)
    return _ok("notifications", f"{names}. To send a test: reconciler notify test")


def _rosters(of: Settings) -> Finding:
    folder = of.desired
    try:
        policy = load_policy(of.policy)
        loading, problems = examine([Path(folder)], os.environ, policy=policy)
    except RosterError as error:
        return _failed("rosters", error)
    errors = [each for each in problems if each.severity is Severity.ERROR]
    if errors:
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        first = render_problem(errors[0]).splitlines()[0]
        text = f"{first}{more}. To see all: reconciler validate"
        return Finding("rosters", Level.FAIL, text, INVALID)
    rooms = len(loading.rosters)
    return _ok("rosters", f"{rooms} {'room' if rooms == 1 else 'rooms'} in {folder}")

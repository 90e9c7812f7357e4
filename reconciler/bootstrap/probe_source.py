"""Builds a probe of the account of the settings."""

import asyncio
import contextlib
import fcntl
import os
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from reconciler import __version__
from reconciler.bootstrap.account_client import account
from reconciler.bootstrap.environment import now
from reconciler.model.errors import SettingError
from reconciler.probe.anonymizer import Anonymizer
from reconciler.probe.api_line import ApiLine
from reconciler.probe.ending_calls import end_all
from reconciler.probe.journal import DamagedState, Journal
from reconciler.probe.probe_run import ProbeParties, ProbeRun
from reconciler.probe.question import Question
from reconciler.probe.webhook_inbox import WebhookInbox
from reconciler.server.listener import listen, serve
from reconciler.settings import Settings
from reconciler.twilio.api.transports import make_transports
from reconciler.webhooks.public_url import public_url

_PACE_SECONDS = 0.05
_CONNECTIONS = 128
_CLOSES_SECONDS = 2.0


class ProbeOptions(Struct, frozen=True):
    """What a probe is given; ``listen`` and ``url`` go together."""

    parties: ProbeParties
    state: Path
    listen: str | None = None
    url: str | None = None


@contextlib.asynccontextmanager
async def open_probe(
    of: Settings,
    options: ProbeOptions,
    questions: Sequence[Question],
    say: Callable[[str], None],
) -> AsyncIterator[ProbeRun]:
    """A probe ready to run.

    SettingError for a state file that cannot be read: all calls from the sender to the
    addresses are ended first, since it is not known which of them are the probe's.
    """
    line = open_line(of, options.parties)
    try:
        with _alone(options.state):
            journal = await _journal(line, options)
            async with _inbox(of, options) as inbox:
                yield ProbeRun(
                    line=line,
                    journal=journal,
                    parties=options.parties,
                    questions=questions,
                    product=f"reconciler {__version__}",
                    events=inbox,
                    say=say,
                )
    finally:
        await line.close()


def open_line(of: Settings, parties: ProbeParties) -> ApiLine:
    """The way to the account of the settings."""
    to = account(of)
    return ApiLine(
        to,
        make_transports(to.base_url, _CONNECTIONS),
        Anonymizer(parties.addresses, parties.sender),
        clock=now,
        sleep=asyncio.sleep,
        user_agent=f"reconciler/{__version__} probe",
        pace=_PACE_SECONDS,
    )


@contextlib.contextmanager
def _alone(state: Path) -> Iterator[None]:
    """SettingError while another process runs a probe with this state file."""
    try:
        descriptor = os.open(state, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise SettingError(f"{state}: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise SettingError(
            f"{state} is in use: another probe is under way. Name another file with "
            "--state, or wait for it to end"
        ) from None
    finally:
        if not os.fstat(descriptor).st_size:
            state.unlink(missing_ok=True)
        os.close(descriptor)


def new_probe() -> str:
    """A name for a probe's conferences that no other has."""
    return uuid.uuid4().hex[:8]


async def _journal(line: ApiLine, options: ProbeOptions) -> Journal:
    try:
        return Journal(options.state)
    except DamagedState as error:
        parties = options.parties
        ended = await end_all(line, parties.sender, parties.called)
        raise SettingError(
            f"{error}. It is not known which calls that probe placed, so all calls from "
            f"{parties.sender} to the addresses given were ended ({ended}). Delete the "
            "file to begin again"
        ) from error


@contextlib.asynccontextmanager
async def _inbox(
    of: Settings, options: ProbeOptions
) -> AsyncIterator[WebhookInbox | None]:
    if options.listen is None or options.url is None:
        yield None
        return
    inbox = WebhookInbox(f"{public_url(options.url)}/probe", of.auth_token)
    listener = serve(inbox.app(), listen(options.listen, "--listen"))
    try:
        yield inbox
    finally:
        await listener.close(_CLOSES_SECONDS)

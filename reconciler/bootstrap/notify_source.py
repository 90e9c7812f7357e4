"""Targets of notifications: from the settings to senders that are ready."""

import asyncio
import os
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from reconciler.bootstrap.environment import now, owner
from reconciler.bootstrap.thread import in_thread
from reconciler.files.notify_file import load_targets
from reconciler.model.errors import SettingError
from reconciler.model.notification import NotificationTarget
from reconciler.notifications.apprise_sender import AppriseSender
from reconciler.notifications.dispatcher import Dispatcher
from reconciler.notifications.http_sender import HttpSender
from reconciler.notifications.sending import Sender
from reconciler.settings import Settings, read_secret
from reconciler.store.store import SqlStore


class _References(Mapping[str, str]):
    """Variables of the environment, each also as a file by ``…_FILE``."""

    def __getitem__(self, name: str) -> str:
        value = read_secret(name, os.environ, lambda x: Path(x).read_text("utf-8"))
        if value is None:
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(os.environ)

    def __len__(self) -> int:
        return len(os.environ)


def notification_targets(of: Settings) -> tuple[NotificationTarget, ...]:
    """The targets that the settings declare; RosterError with every mistake."""
    if of.notify_file and of.notify:
        raise SettingError(
            "RECONCILER_NOTIFY and RECONCILER_NOTIFY_FILE are both set: keep one"
        )
    return load_targets(of.notify_file, of.notify, _References())


def hidden(targets: Sequence[NotificationTarget]) -> tuple[str, ...]:
    """What of *targets* must never be shown."""
    values = (
        x for target in targets for x in (target.url, target.apprise, target.secret)
    )
    return tuple(value for value in values if value)


def open_sender(target: NotificationTarget) -> Sender:
    """What sends to *target*; SettingError if it cannot be."""
    try:
        if target.apprise is not None:
            return AppriseSender.open(target.apprise, in_thread)
        return HttpSender.open(target.url or "", target.secret)
    except SettingError as error:
        raise SettingError(f"{target.place}: {target.name}: {error}") from None


def new_origin() -> str:
    """A name for a database that no other has."""
    return uuid.uuid4().urn


def make_dispatcher(
    targets: Sequence[NotificationTarget],
    store: SqlStore,
    count: Callable[[str, str], None],
) -> Dispatcher:
    """What sends to *targets* from *store*."""
    return Dispatcher(
        outbox=store.outbox(owner(), new_origin()),
        targets=targets,
        senders={target.name: open_sender(target) for target in targets},
        clock=now,
        sleep=asyncio.sleep,
        count=count,
    )

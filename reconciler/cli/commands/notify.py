"""``reconciler notify``: who is notified of what, and whether that works."""

import asyncio
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import click

from reconciler.bootstrap import now, person
from reconciler.bootstrap.notify_source import (
    new_origin,
    notification_targets,
    open_sender,
)
from reconciler.cli.command_settings import command_settings
from reconciler.cli.json_output import print_json
from reconciler.cli.options import current
from reconciler.files.mapping import did_you_mean
from reconciler.model.errors import SettingError
from reconciler.model.event import Event
from reconciler.model.exit_code import UNREACHABLE
from reconciler.model.masking import printable
from reconciler.model.notification import Notification, NotificationTarget
from reconciler.notifications.sending import DeliveryFailed
from reconciler.planning.serialize import FORMAT_VERSION
from reconciler.settings import Settings
from reconciler.store.opening import open_reader

TEST_KIND = "notification.test"


@click.group()
def notify() -> None:
    """Show and test who is notified of events (RECONCILER_NOTIFY_FILE)."""


@notify.command(name="list", short_help="Show the targets and how much waits.")
def list_() -> None:
    """Show the targets, what each is sent, and how many notifications wait."""
    of = command_settings()
    targets = notification_targets(of)
    waiting = asyncio.run(_waiting(of))
    rows = [_row(target, waiting.get(target.name, 0)) for target in targets]
    if current().json:
        print_json({"format_version": FORMAT_VERSION, "targets": rows})
        return
    if not rows:
        click.echo("Nobody is notified. To declare targets: RECONCILER_NOTIFY_FILE")
    for row in rows:
        kinds = ", ".join(row["kinds"] or ["as rosters ask for"])
        rooms = printable(", ".join(row["rooms"]))
        text = f"{row['name']}: {row['to']}; kinds: {kinds}; rooms: {rooms}"
        click.echo(f"{text}; {row['waiting']} waiting")


@notify.command()
@click.option("--target", metavar="NAME", help="Send to this target only.")
def test(target: str | None) -> int:
    """Send a test event to every target, once and at once.

    Exits with 0 if all of them took it.
    """
    targets = notification_targets(command_settings())
    if not targets:
        raise SettingError(
            "no targets: set RECONCILER_NOTIFY_FILE. "
            "For an example see docs/notifications.md"
        )
    results = asyncio.run(_send_all(_chosen(targets, target)))
    if current().json:
        rows = [{"target": name, "result": text} for name, text in results.items()]
        print_json({"format_version": FORMAT_VERSION, "results": rows})
    else:
        for name, text in results.items():
            click.echo(f"{name}: {text}")
    return 0 if set(results.values()) == {"sent"} else UNREACHABLE


async def _waiting(of: Settings) -> dict[str, int]:
    async with await open_reader(of.database_url) as store:
        return await store.outbox("", "").waiting()


def _row(target: NotificationTarget, waiting: int) -> dict[str, Any]:
    """A target for people; no more of its URL than the host."""
    if target.apprise is None:
        to = f"CloudEvents to {urlsplit(target.url or '').hostname}"
    else:
        to = f"Apprise, {target.apprise.partition(':')[0]}"
    return {
        "name": target.name,
        "to": to,
        "kinds": None if target.kinds is None else sorted(target.kinds),
        "rooms": list(target.rooms),
        "waiting": waiting,
    }


def _chosen(
    targets: Sequence[NotificationTarget], name: str | None
) -> Sequence[NotificationTarget]:
    found = [target for target in targets if name in {None, target.name}]
    if not found:
        names = [target.name for target in targets]
        hint = did_you_mean(name or "", names) or f"There are: {', '.join(names)}"
        raise click.BadParameter(f"no target {name!r}. {hint}", param_hint="--target")
    return found


async def _send_all(targets: Sequence[NotificationTarget]) -> dict[str, str]:
    moment, origin = now(), new_origin()
    event = Event(
        room="test",
        at=moment,
        kind=TEST_KIND,
        message="A test of notifications: nothing happened.",
        cause=person(),
    )
    sent = [
        _send(
            target, Notification(0, int(moment * 1000), event, target.name, 0, origin)
        )
        for target in targets
    ]
    results = await asyncio.gather(*sent)
    return {target.name: text for target, text in zip(targets, results, strict=True)}


async def _send(target: NotificationTarget, notification: Notification) -> str:
    sender = open_sender(target)
    try:
        await sender.send(notification, now())
    except DeliveryFailed as failure:
        return f"failed: {failure}"
    finally:
        await sender.close()
    return "sent"

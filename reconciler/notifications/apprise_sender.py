"""Apprise: chat, paging and mail, in a thread and bounded in time.

Apprise sends once and tries nothing again; that is ours. Text is sent as text, so
that a label never becomes a mention or a link, and redirects are no success.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, Self

from msgspec import Struct

from reconciler.model.errors import SettingError
from reconciler.model.masking import mask
from reconciler.model.notification import Notification
from reconciler.notifications.sending import DeliveryFailed, title

if TYPE_CHECKING:
    from apprise import Apprise

TIMEOUT_SECONDS: Final = 20.0
InThread = Callable[[Callable[[], object]], Awaitable[object]]


class AppriseSender(Struct, frozen=True):
    """One URL of Apprise's; ``in_thread`` runs what waits."""

    apprise: "Apprise"
    in_thread: InThread
    seconds: float = TIMEOUT_SECONDS

    @classmethod
    def open(
        cls, url: str, in_thread: InThread, seconds: float = TIMEOUT_SECONDS
    ) -> Self:
        """A sender; SettingError if Apprise is missing or does not take the URL."""
        try:
            import apprise  # noqa: PLC0415 - an installation may go without it
        except ImportError:
            raise SettingError(
                "apprise is not installed. Run: "
                "pip install 'conference-reconciler[notify]'"
            ) from None
        logging.getLogger("apprise").disabled = True
        to = apprise.Apprise()
        if not to.add(_without_redirects(url)):
            raise SettingError(
                "Apprise does not take this URL: see "
                "https://appriseit.com/services/ for its form"
            )
        return cls(to, in_thread, seconds)

    async def send(self, notification: Notification, now: float) -> None:  # noqa: ARG002 - nothing is signed
        """Send it; DeliveryFailed unless every recipient of the URL took it."""
        line = title(notification)
        event = notification.event
        text = "\n".join(filter(None, map(mask, [event.message, event.cause]))) or line

        def notify() -> object:
            return self.apprise.notify(body=text, title=line, body_format="text")

        try:
            async with asyncio.timeout(self.seconds):
                result = await self.in_thread(notify)
        except TimeoutError:
            reason = f"no result within {self.seconds:g} s"
            raise DeliveryFailed(reason, blocks=True) from None
        except Exception as error:  # noqa: BLE001 - any plugin's own
            raise DeliveryFailed(type(error).__name__, blocks=True) from None
        if not result:
            word = getattr(getattr(result, "status", None), "name", "FAILURE")
            raise DeliveryFailed(f"Apprise: {word}", blocks=True)

    async def close(self) -> None:
        """Nothing is kept open."""


def _without_redirects(url: str) -> str:
    if "redirect=" in url:
        return url
    return f"{url}{'&' if '?' in url else '?'}redirect=no"

"""What sends a notification to one target, and how that can fail."""

from typing import Protocol

from reconciler.model.masking import mask
from reconciler.model.notification import Notification, notice_of


class DeliveryFailed(Exception):  # noqa: N818 - what became of it
    """The target did not take a notification; the text names no URL.

    ``blocks`` says that others would fail, too: the target is away or busy.
    ``retry_after`` is in seconds, if the target said so.
    """

    def __init__(
        self, reason: str, *, blocks: bool, retry_after: float | None = None
    ) -> None:
        super().__init__(reason)
        self.blocks = blocks
        self.retry_after = retry_after


class Sender(Protocol):
    """A target, ready to be sent to."""

    async def send(self, notification: Notification, now: float) -> None:
        """Deliver it; DeliveryFailed if that did not work, or may not have."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...


def kind_of(notification: Notification) -> str:
    """The notice in a word; the kind of event where it is none of those."""
    return str(notice_of(notification.event) or notification.event.kind)


def title(notification: Notification) -> str:
    """A line for people: the room, who, and what is so."""
    event = notification.event
    about = " ".join(filter(None, [event.room, event.label]))
    return mask(f"{about}: {kind_of(notification)}")

"""A notification as a CloudEvent 1.0 in structured JSON, signed by Standard Webhooks.

``id`` is the id of the event: whatever is sent again has the same one. Phone
numbers are masked as everywhere else.
"""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any, Final

from reconciler.model.masking import mask
from reconciler.model.notification import Notification
from reconciler.notifications.sending import kind_of

CONTENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"
PREFIX: Final = "whsec_"


def cloudevent(notification: Notification) -> bytes:
    """The body of the request."""
    event = notification.event
    data: dict[str, Any] = {
        "room": event.room,
        "label": mask(event.label),
        "kind": kind_of(notification),
        "event": event.kind,
        "message": mask(event.message),
        "cause": mask(event.cause),
        "call_sid": event.call_sid,
        "generation": event.generation,
        "run": event.run,
    }
    attributes = {
        "specversion": "1.0",
        "id": str(notification.event_id),
        "source": notification.origin,
        "type": f"reconciler.{kind_of(notification)}",
        "subject": "/".join(filter(None, [event.room, mask(event.label)])),
        "time": _moment(event.at),
        "datacontenttype": "application/json",
        "data": data,
    }
    return json.dumps(attributes, ensure_ascii=False).encode()


def headers(body: bytes, id_: str, secret: str | None, now: float) -> dict[str, str]:
    """The headers of a request with *body*; signed where there is a *secret*."""
    plain = {"content-type": CONTENT_TYPE, "webhook-id": id_}
    plain["webhook-timestamp"] = str(int(now))
    if secret is None:
        return plain
    signed = b".".join([id_.encode(), plain["webhook-timestamp"].encode(), body])
    digest = hmac.new(key_of(secret), signed, hashlib.sha256).digest()
    return {**plain, "webhook-signature": f"v1,{base64.b64encode(digest).decode()}"}


def key_of(secret: str) -> bytes:
    """The key in ``whsec_…``; ValueError if it is none."""
    if not secret.startswith(PREFIX):
        raise ValueError(secret[:0])
    return base64.b64decode(secret.removeprefix(PREFIX), validate=True)


def _moment(at: float) -> str:
    moment = datetime.fromtimestamp(at, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

"""What a receiver gets, checked with nothing but the standard library."""

import base64
import hashlib
import hmac
import json

import pytest

from reconciler.model.event import Event
from reconciler.model.notification import Notification
from reconciler.notifications.cloudevent import cloudevent, headers
from reconciler.notifications.http_sender import HttpSender
from reconciler.notifications.sending import DeliveryFailed
from tests.notifications.receiver import receiving

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
EVENT = Event(
    "bridge",
    1_776_158_802.25,
    "attempt.ended",
    "the call of +15551230001 ended: left",
    label="ann",
    call_sid="CA1",
    cause="daemon",
    notice="left",
)
NOTIFICATION = Notification(1, 42, EVENT, "ops", 0, "urn:uuid:1")


def test_it_is_a_cloudevent_without_full_numbers() -> None:
    found = json.loads(cloudevent(NOTIFICATION))
    data = found.pop("data")
    assert found == {
        "specversion": "1.0",
        "id": "42",
        "source": "urn:uuid:1",
        "type": "reconciler.left",
        "subject": "bridge/ann",
        "time": "2026-04-14T09:26:42.250Z",
        "datacontenttype": "application/json",
    }
    assert (data["kind"], data["event"], data["label"]) == (
        "left",
        "attempt.ended",
        "ann",
    )
    assert b"+15551230001" not in cloudevent(NOTIFICATION)


async def test_a_receiver_can_verify_the_signature() -> None:
    async with receiving() as receiver:
        sender = HttpSender.open(receiver.url, SECRET)
        await sender.send(NOTIFICATION, 1_776_158_900.7)
        await sender.close()
    (request,) = receiver.requests
    assert request.headers["content-type"].startswith("application/cloudevents+json")
    assert request.headers["webhook-timestamp"] == "1776158900"
    signed = f"42.1776158900.{request.body.decode()}".encode()
    digest = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest())
    assert request.headers["webhook-signature"] == f"v1,{digest.decode()}"


def test_a_signature_is_of_the_body_the_time_and_the_id() -> None:
    signatures = {
        headers(body, id_, SECRET, now)["webhook-signature"]
        for body in (b"a", b"b")
        for id_ in ("1", "2")
        for now in (1.0, 2.0)
    }
    assert len(signatures) == 8


async def test_a_failure_names_no_url() -> None:
    async with receiving() as receiver:
        url = receiver.url
    sender = HttpSender.open(f"{url}?token=s3cret", SECRET)
    with pytest.raises(DeliveryFailed) as failed:
        await sender.send(NOTIFICATION, 0.0)
    await sender.close()
    assert str(failed.value) == "ConnectError"
    assert failed.value.blocks

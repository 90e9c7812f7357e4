"""Apprise as installed, with its JSON plug-in, against a receiver on loopback."""

import threading

import pytest

from reconciler.bootstrap.thread import in_thread
from reconciler.model.errors import SettingError
from reconciler.notifications.apprise_sender import AppriseSender
from reconciler.notifications.sending import DeliveryFailed
from tests.notifications.receiver import receiving
from tests.notifications.test_cloudevent import NOTIFICATION

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")


async def test_a_person_reads_who_and_what_without_a_full_number() -> None:
    async with receiving() as receiver:
        url = receiver.url.replace("http://", "json://")
        await AppriseSender.open(url, in_thread).send(NOTIFICATION, 0.0)
    (request,) = receiver.requests
    assert request.event["title"] == "bridge ann: left"
    assert "ended: left" in request.event["message"]
    assert b"1230001" not in request.body


async def test_what_the_service_does_not_take_is_a_failure() -> None:
    async with receiving(lambda _: "503 Busy") as receiver:
        url = receiver.url.replace("http://", "json://")
        with pytest.raises(DeliveryFailed, match="Apprise: FAILURE"):
            await AppriseSender.open(url, in_thread).send(NOTIFICATION, 0.0)
    assert len(receiver.requests) == 1


async def test_a_redirect_is_a_failure_and_not_followed() -> None:
    async with receiving() as other:
        moved = f"302 Found\r\nLocation: {other.url}"
        async with receiving(lambda _: moved) as receiver:
            url = receiver.url.replace("http://", "json://")
            with pytest.raises(DeliveryFailed):
                await AppriseSender.open(url, in_thread).send(NOTIFICATION, 0.0)
    assert other.requests == []


async def test_a_service_that_hangs_is_left_after_some_seconds() -> None:
    async with receiving(lambda _: "") as receiver:
        url = receiver.url.replace("http://", "json://")
        sender = AppriseSender.open(f"{url}?rto=2", in_thread, seconds=0.2)
        with pytest.raises(DeliveryFailed, match=r"no result within 0\.2 s"):
            await sender.send(NOTIFICATION, 0.0)
    for thread in threading.enumerate():
        if thread.name == "reading":
            thread.join()


def test_a_url_that_apprise_does_not_take_is_refused_without_being_shown() -> None:
    with pytest.raises(SettingError) as refused:
        AppriseSender.open("nothing://s3cret", in_thread)
    assert "s3cret" not in str(refused.value)

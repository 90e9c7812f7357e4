"""The table of parameters knows every parameter of the official SDK, by name."""

import inspect
from collections.abc import Callable
from typing import Any

from twilio.rest.api.v2010.account.conference.participant import (
    ParticipantContext,
    ParticipantList,
)

from reconciler.model.parameter import TABLE


def _taken_by(method: Callable[..., Any]) -> set[str]:
    return {name.rstrip("_") for name in inspect.signature(method).parameters} - {
        "self"
    }


def test_a_create_takes_what_the_sdk_takes() -> None:
    assert {each.name for each in TABLE if each.create} == _taken_by(
        ParticipantList.create
    )


def test_an_update_takes_what_the_sdk_takes() -> None:
    assert {each.name for each in TABLE if each.update} == _taken_by(
        ParticipantContext.update
    )

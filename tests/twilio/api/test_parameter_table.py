"""The table of parameters knows every parameter of the official SDK, by name."""

import inspect
from collections.abc import Callable
from typing import Any

from twilio.rest.api.v2010.account.conference.participant import (
    ParticipantContext,
    ParticipantList,
)

from reconciler.model.parameter import TABLE, Parameter, ValueKind
from reconciler.simulator.exchange.checked_form import read_create

SDK_KINDS = {"bool": ValueKind.BOOLEAN, "int": ValueKind.INTEGER}


def _taken_by(method: Callable[..., Any]) -> dict[str, str]:
    """The SDK's annotation of each parameter, by our name."""
    parameters = inspect.signature(method).parameters.items()
    return {
        name.rstrip("_"): str(each.annotation)
        for name, each in parameters
        if name != "self"
    }


def _require_same(ours: set[str], sdk: set[str]) -> None:
    missing, unknown = sorted(sdk - ours), sorted(ours - sdk)
    assert not missing, f"missing in model/parameter.py: {', '.join(missing)}"
    assert not unknown, f"not in the SDK: {', '.join(unknown)}"


def test_a_create_takes_what_the_sdk_takes() -> None:
    ours = {each.name for each in TABLE if each.create}

    _require_same(ours, set(_taken_by(ParticipantList.create)))


def test_an_update_takes_what_the_sdk_takes() -> None:
    ours = {each.name for each in TABLE if each.update}

    _require_same(ours, set(_taken_by(ParticipantContext.update)))


def test_a_parameter_is_a_boolean_or_an_integer_where_the_sdk_says_so() -> None:
    sdk = _taken_by(ParticipantList.create) | _taken_by(ParticipantContext.update)
    plain = {ValueKind.BOOLEAN, ValueKind.INTEGER}

    said = {
        name: kind
        for name, annotation in sdk.items()
        for word, kind in SDK_KINDS.items()
        if f"[{word}, object]" in annotation
    }

    assert {each.name: each.kind for each in TABLE if each.kind in plain} == said


def test_the_simulator_reads_every_parameter_of_a_create() -> None:
    taken = [each for each in TABLE if each.create]
    form = {each.wire: (_example(each),) for each in taken}

    read = read_create(form)

    assert set(read.values) == {each.name for each in taken}
    assert read.ignored == ()


def _example(parameter: Parameter) -> str:
    own = {"To": "+15550100101", "From": "+15005550006"}
    own |= {"CallSidToCoach": f"CA{'0' * 32}"}
    by_kind = {
        ValueKind.BOOLEAN: "True",
        ValueKind.INTEGER: str(parameter.least),
        ValueKind.URL: "https://example.com/",
        ValueKind.ENDPOINT: "+15550100102",
        ValueKind.TEXT: "text",
    }
    return own.get(parameter.wire) or (
        parameter.words[0] if parameter.words else by_kind[parameter.kind]
    )

"""Services that speak like Twilio, as data: how each differs.

Sources: SignalWire's compatibility API (signalwire/docs @668371b, openapi.yaml, and its
page of conference participants); Telnyx TeXML (telnyx-python 4.189.0).

| | Twilio | SignalWire | Telnyx TeXML |
|---|---|---|---|
| path before ``/Accounts`` | ``/2010-04-01`` | ``/api/laml/2010-04-01`` | ``/v2/texml`` |
| resources end in | ``.json`` | ``.json`` | nothing |
| credentials | Basic | Basic | Bearer, of the token |
| a participant who is in | ``connected`` | ``in-progress`` | ``connected`` |
| a participant who has left | ``complete`` | ``completed`` | ``completed`` |
| the coached call | ``call_sid_to_coach`` | ``call_sid_to_coach`` | ``coaching_call_sid`` |
| errors | ``code``, ``message`` | ``code``, ``message`` | a list, ``detail`` |
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from reconciler.model.errors import SettingError
from reconciler.model.observation import RING

_LEFT: Final = {"completed": "complete"}


def _as_it_is(_found: dict[str, Any], _status: int) -> None:
    """The error is Twilio's."""


def _from_list(found: dict[str, Any], status: int) -> None:
    """Make ``{"errors": [{"detail": …}]}`` an error as Twilio's, without a code."""
    errors = found.pop("errors", None)
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        detail = errors[0].get("detail") or errors[0].get("title") or "no reason"
        found.update(status=status, message=str(detail))


@dataclass(frozen=True, slots=True)
class Service:
    """How a service differs from Twilio.

    ``fields`` and ``statuses`` are Twilio's words by the service's, of participants.
    ``lacks`` names what it cannot do: ``RING``, and parameters of an update.
    """

    name: str
    path: str
    suffix: str = ".json"
    bearer: bool = False
    url: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    lacks: frozenset[str] = frozenset()
    error: Callable[[dict[str, Any], int], None] = field(
        default=_as_it_is, repr=False, compare=False
    )

    @property
    def translates(self) -> bool:
        """Whether answers are not in Twilio's words."""
        return bool(self.fields or self.statuses)

    def translated(self, content: bytes, status: int) -> bytes:
        """The body of an answer in Twilio's words; what is no JSON object stays."""
        if not self.translates:
            return content
        try:
            found = json.loads(content)
        except (ValueError, RecursionError):
            return content
        if not isinstance(found, dict):
            return content
        self.error(found, status)
        listed = found.get("participants")
        for each in listed if isinstance(listed, list) else [found]:
            if isinstance(each, dict) and "muted" in each:
                self._rename(each)
        return json.dumps(found).encode()

    def _rename(self, participant: dict[str, Any]) -> None:
        for theirs, ours in self.fields.items():
            if theirs in participant:
                participant[ours] = participant.pop(theirs)
        status = participant.get("status")
        if isinstance(status, str):
            participant["status"] = self.statuses.get(status, status)


TWILIO: Final = Service("twilio", "/2010-04-01")
SIGNALWIRE: Final = Service(
    "signalwire",
    "/api/laml/2010-04-01",
    statuses={"in-progress": "connected", **_LEFT},
    lacks=frozenset({RING, "end_conference_on_exit", "beep_on_exit"}),
)
TELNYX: Final = Service(
    "telnyx",
    "/v2/texml",
    suffix="",
    bearer=True,
    url="https://api.telnyx.com",
    fields={"coaching_call_sid": "call_sid_to_coach"},
    statuses=_LEFT,
    lacks=frozenset({"wait_method"}),
    error=_from_list,
)
SERVICES: Final[Mapping[str, Service]] = {
    each.name: each for each in (TWILIO, SIGNALWIRE, TELNYX)
}


def service_of(name: str) -> Service:
    """The service of that name; SettingError if there is none."""
    try:
        return SERVICES[name]
    except KeyError:
        known = ", ".join(SERVICES)
        raise SettingError(
            f"RECONCILER_SERVICE is {name!r}: choose one of {known}"
        ) from None

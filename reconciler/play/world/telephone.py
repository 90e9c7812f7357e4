"""The local Twilio, which here also remembers whose doing each exposure was."""

from collections.abc import Callable
from contextvars import ContextVar
from http import HTTPStatus
from typing import ParamSpec, TypeVar

from reconciler.play.world.act import Act
from reconciler.simulator.exchange.api_error import ApiError
from reconciler.simulator.exchange.checked_form import Fields
from reconciler.simulator.exchange.exchange import Exchange
from reconciler.simulator.exchange.records import (
    CallRecord,
    ConferenceRecord,
    ParticipantRecord,
)

P = ParamSpec("P")
T = TypeVar("T")

DOER: ContextVar[Act | None] = ContextVar("DOER", default=None)
"""The write of ours that is being carried out, None for everybody else's acts."""


class Telephone(Exchange):
    """Tells ``after`` of each write of ours, once it was carried out or refused.

    ``doers`` runs parallel to ``history.exposures``: a write of ours or None.
    """

    doers: list[Act | None]
    after: Callable[[Act], None]

    def catch_up(self) -> None:
        """Let everything happen that is due: nobody's doing in particular."""
        super().catch_up()
        self._credit(None)

    def create_participant(
        self, room: str, fields: Fields
    ) -> tuple[ParticipantRecord, float]:
        return self._done(super().create_participant, room, fields)

    def update_participant(
        self, conference_sid: str, key: str, fields: Fields
    ) -> ParticipantRecord:
        return self._done(super().update_participant, conference_sid, key, fields)

    def remove_participant(self, conference_sid: str, key: str) -> None:
        return self._done(super().remove_participant, conference_sid, key)

    def update_call(self, sid: str, fields: Fields) -> CallRecord:
        return self._done(super().update_call, sid, fields)

    def update_conference(self, sid: str, fields: Fields) -> ConferenceRecord:
        return self._done(super().update_conference, sid, fields)

    def _done(self, operation: Callable[P, T], *args: P.args, **more: P.kwargs) -> T:
        act = DOER.get()
        self.catch_up()
        try:
            result = operation(*args, **more)
        except ApiError as refused:
            self._credit(act)
            self._told(act, refused.status)
            raise
        self._credit(act)
        if act is not None and isinstance(result, tuple):
            act.call_sid = result[0].call_sid
        self._told(act, HTTPStatus.OK)
        return result

    def _told(self, act: Act | None, status: int) -> None:
        if act is not None:
            act.effect_at, act.effect = self.clock(), status
            self.after(act)

    def _credit(self, act: Act | None) -> None:
        if not hasattr(self, "doers"):
            self.doers = []
        missing = len(self.history.exposures) - len(self.doers)
        self.doers += [act] * missing

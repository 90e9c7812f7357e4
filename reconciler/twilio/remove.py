"""Removes participants and ends conferences, in any state."""

from collections.abc import Callable
from typing import TypeAlias

from reconciler.model.action import Remove
from reconciler.model.errors import Gone, TerminalError, TransientError, TwilioError
from reconciler.model.observation import CallStatus, ConferenceStatus
from reconciler.twilio.api.client import TwilioClient

MaySend: TypeAlias = Callable[[], bool]

_OVER = frozenset({400, 404})
_NOT_IN_THAT_STATE = 21220
_ANSWERED = "the call was answered in the meantime: not hung up"


class Removal:
    """Removals; who or what is gone already counts as removed."""

    def __init__(self, client: TwilioClient) -> None:
        self._client = client

    async def remove(self, remove: Remove, may_send: MaySend) -> str | None:
        """Carry it out; the request id of the last write, if there was one.

        *may_send* is asked before each write leaves: False sends nothing.
        """
        if remove.call_sid is None:
            return await self._conference(remove.conference_sid, may_send)
        if remove.connected and remove.conference_sid is not None:
            return await self._participant(
                remove.conference_sid, remove.call_sid, may_send
            )
        if remove.only_unanswered:
            return await self._cancelled(remove.call_sid, may_send)
        return await self._call(remove.call_sid, may_send)

    async def _conference(self, sid: str | None, may_send: MaySend) -> str | None:
        if sid is None:
            return None
        try:
            _, request_id = await self._client.conferences.complete(sid, may_send)
        except (TerminalError, TransientError) as error:
            if error.status not in _OVER or not await self._over(sid):
                raise
            return error.request_id
        return request_id

    async def _over(self, sid: str) -> bool:
        try:
            conference = await self._client.conferences.fetch(sid)
        except Gone:
            return True
        return conference.status is ConferenceStatus.COMPLETED

    async def _participant(
        self, conference_sid: str, call_sid: str, may_send: MaySend
    ) -> str | None:
        try:
            return await self._client.participants.delete(
                conference_sid, call_sid, may_send
            )
        except Gone as error:
            return error.request_id

    async def _call(self, sid: str, may_send: MaySend) -> str | None:
        """Cancel it, or hang up if it was answered after all."""
        try:
            call, request_id = await self._client.calls.cancel(sid, may_send)
        except Gone as error:
            return error.request_id
        except TwilioError as error:
            if error.code != _NOT_IN_THAT_STATE:
                raise
            return await self._hung_up(sid, may_send)
        return (
            request_id
            if call.status is not CallStatus.IN_PROGRESS
            else await self._hung_up(sid, may_send)
        )

    async def _cancelled(self, sid: str, may_send: MaySend) -> str | None:
        """Cancel it; TransientError if somebody answered meanwhile, who stays.

        Of a call that cannot be cancelled the record may be too old to tell.
        """
        try:
            call, request_id = await self._client.calls.cancel(sid, may_send)
        except Gone as error:
            return error.request_id
        except TwilioError as error:
            if error.code != _NOT_IN_THAT_STATE:
                raise
            if await self._ended(sid):
                return error.request_id
            raise TransientError(_ANSWERED, request_id=error.request_id) from error
        if call.status is CallStatus.IN_PROGRESS:
            raise TransientError(_ANSWERED, request_id=request_id)
        return request_id

    async def _hung_up(self, sid: str, may_send: MaySend) -> str | None:
        try:
            _, request_id = await self._client.calls.complete(sid, may_send)
        except Gone as error:
            return error.request_id
        except TwilioError as error:
            if error.code != _NOT_IN_THAT_STATE or not await self._ended(sid):
                raise
            return error.request_id
        return request_id

    async def _ended(self, sid: str) -> bool:
        try:
            return (await self._client.calls.fetch(sid)).ended
        except Gone:
            return True

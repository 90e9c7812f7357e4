"""What an operation reads: the open store, and Twilio."""

from collections.abc import Collection
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from reconciler.engine.desired_room import Desired
from reconciler.engine.loop.rooms_at_rest import RoomsAtRest
from reconciler.engine.ports import Clock, Provider
from reconciler.engine.room.evaluation import Evaluation
from reconciler.model.ledger import Ledger
from reconciler.model.observation import ConferenceSurvey
from reconciler.model.policy import Policy
from reconciler.planning.authority import Authority
from reconciler.store.store import SqlStore


class RecordContext(Protocol):
    """The store and the account, without Twilio."""

    @property
    def store(self) -> SqlStore: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def authority(self) -> Authority: ...


class OperationContext(RecordContext, Protocol):
    """The store, Twilio and the account that operations read."""

    @property
    def provider(self) -> Provider: ...

    @property
    def account_sid(self) -> str: ...

    @property
    def policy(self) -> Policy: ...

    async def evaluate(
        self,
        room: str,
        desired: Desired | None,
        ledger: Ledger,
        survey: ConferenceSurvey,
        only: frozenset[str] | None = None,
    ) -> Evaluation: ...

    def at_rest(
        self, rooms: Collection[str], survey: ConferenceSurvey
    ) -> AbstractAsyncContextManager[RoomsAtRest]: ...

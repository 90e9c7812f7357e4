"""The first half of a pass: read a room, observe it, plan, confirm; nothing is written."""

from collections.abc import Collection
from dataclasses import dataclass, field

from msgspec.structs import replace

from reconciler.engine.desired_room import Desired
from reconciler.engine.ports import Clock, Provider, Store
from reconciler.engine.reads.conference_cache import ConferenceCache
from reconciler.engine.reads.store_reader import BatchReader
from reconciler.engine.room.account_change import until_left
from reconciler.engine.room.background_work import BackgroundWork
from reconciler.engine.room.confirm_unmutes import (
    harms_others,
    read_records,
    unconfirmed,
    without_unmutes,
)
from reconciler.engine.room.evaluation import (
    Evaluation,
    Inputs,
    ObservableRoom,
    is_managed,
    untouched,
)
from reconciler.engine.room.leg_event_buffer import LegEventBuffer
from reconciler.engine.room.list_again import listed_again
from reconciler.engine.room.pass_history import PassHistory
from reconciler.engine.room.pass_options import PassOptions
from reconciler.engine.room.plan_memo import PlanMemo
from reconciler.engine.room.reported_call_buffer import ReportedCallBuffer
from reconciler.model.errors import RoomMoved
from reconciler.model.ledger import Ledger
from reconciler.model.observation import Conference, Observation, Unknown
from reconciler.planning.authority import Authority
from reconciler.planning.leg_events import (
    LISTING_LAG_SECONDS,
    LOOK_AGAIN_SECONDS,
    is_outdated,
)


@dataclass(slots=True)
class RoomEvaluator:
    """Evaluates rooms for passes; ``calls`` is what is under way beside them."""

    store: Store
    provider: Provider
    clock: Clock
    options: PassOptions
    conferences: ConferenceCache
    history: PassHistory
    calls: BackgroundWork
    leg_events: LegEventBuffer = field(default_factory=LegEventBuffer)
    reported_calls: ReportedCallBuffer = field(default_factory=ReportedCallBuffer)
    memo: PlanMemo = field(default_factory=PlanMemo)
    reader: BatchReader = field(init=False)

    def __post_init__(self) -> None:
        self.reader = BatchReader(self.store, self.clock)

    def forget(self, rooms: Collection[str]) -> None:
        """Another process works on *rooms* now."""
        self.leg_events.forget(rooms)
        self.reported_calls.forget(rooms)
        self.memo.forget(rooms)

    async def read(self, room: str) -> tuple[Desired | None, Ledger]:
        """What the store has of *room*, of one moment; RoomMoved if it is not ours."""
        under_way = self.calls.under_way(room)
        desired, ledger = await self.reader.current(room)
        if desired is not None and desired.account != self.options.account:
            raise RoomMoved(f"Account {desired.account} acts in room '{room}'.")
        asked = self.options.asked and room not in self.history.acted_on
        return desired, replace(ledger, under_way=under_way, asked=asked)

    async def observe(
        self, room: str, desired: Desired | None, ledger: Ledger
    ) -> Observation | Unknown | None:
        """What Twilio shows of *room*, None for a room that is not managed.

        A remembered conference is believed only if somebody is in it.
        """
        if not is_managed(desired):
            return None
        hint = await self.conferences.hint(room)
        observation = await self._observed(room, hint.shown, ledger)
        if hint.fresh or (isinstance(observation, Observation) and observation.live):
            return observation
        if isinstance(observation, Unknown):
            self.conferences.forget(room)
            return observation
        return await self._observed(room, await self.conferences.of(room), ledger)

    async def _observed(
        self, room: str, conference: Conference | Unknown | None, ledger: Ledger
    ) -> Observation | Unknown:
        source = ObservableRoom(room, conference, self.provider, self.clock)
        return await source.observe(ledger, self.reported_calls.of(room))

    def plan(
        self,
        room: str,
        desired: Desired | None,
        ledger: Ledger,
        observation: Observation | Unknown | None,
    ) -> Evaluation:
        """The difference of what is declared and what was observed, as data."""
        options, now = self.options, self.clock()
        if desired is None or observation is None:
            return options.bind(untouched(room, desired, now))
        authority = Authority(options.account_sid, options.forced, options.policy())
        only = options.only.get(room)
        evaluation = self.memo.compared(
            Inputs(desired, ledger, observation, now, authority, only)
        )
        events = self.leg_events.since(room, self.history.observed_at(room))
        evaluation = self._until_listed(evaluation, observation, now)
        return options.bind(replace(until_left(evaluation), events=events))

    def _until_listed(
        self, evaluation: Evaluation, observation: Observation | Unknown, now: float
    ) -> Evaluation:
        """*evaluation*, to be made again soon if *observation* lags behind events.

        What a leg was before it was corrected says nothing any more.
        """
        room, lag_began = evaluation.room, now - LISTING_LAG_SECONDS
        recent = self.leg_events.since(room, lag_began)
        observed_at = self.history.observed_at(room)
        if observed_at is not None:
            self.leg_events.discard(room, min(observed_at, lag_began))
        if not recent or isinstance(observation, Unknown):
            return evaluation
        corrected = {x.call_sid: x.at for x in evaluation.ledger.corrections}
        awaited = [x for x in recent if x.at > corrected.get(x.call_sid, 0.0)]
        if not is_outdated(observation, awaited):
            return evaluation
        plan = evaluation.plan
        wait = min(LOOK_AGAIN_SECONDS, plan.requeue_after or LOOK_AGAIN_SECONDS)
        return replace(evaluation, plan=replace(plan, requeue_after=wait))

    async def confirm(self, evaluation: Evaluation, ledger: Ledger) -> Evaluation:
        """*evaluation* on a recent listing, on whose word alone nobody is unmuted."""
        evaluation = await listed_again(evaluation, self.provider, self.clock)
        read: frozenset[str] = frozenset()
        while wanted := unconfirmed(evaluation) - read:
            observation = await read_records(
                evaluation, wanted, self.provider, self.clock
            )
            if observation is None:
                return without_unmutes(evaluation, wanted)
            if not harms_others(evaluation):
                observation = replace(observation, listed_at=None)
            read |= wanted
            room, desired = evaluation.room, evaluation.desired
            evaluation = self.plan(room, desired, ledger, observation)
        return evaluation

"""Plans of rooms at rest, which are not made again while their inputs are the same.

A plan follows from roster, ledger, observation, authority and time. It is remembered
where it is the one of ``resting_plan``, which is then built instead of it:

inputs      a hash of all of them is the same
authority   the same account, policy and person's word
time        an hour at most: nothing comes of such a room with time alone

The room is read and observed all the same, and what is to be recorded is compared.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any

from reconciler.engine.desired_room import Desired
from reconciler.engine.room.evaluation import Evaluation, compared, evaluated
from reconciler.model.ledger import Ledger
from reconciler.model.observation import Observation, Unknown
from reconciler.planning.authority import GUARDED, Authority
from reconciler.planning.plan import Plan
from reconciler.planning.resting_plan import resting_plan

MAX_AGE_SECONDS = 3600.0
"""Seconds after which a plan is made whatever is known."""

NO_INPUTS = frozenset({"last_free_token", "watermark", "observed"})
"""Fields of a ledger on which no plan depends: they are for what is written."""

_OF_LEDGER = attrgetter(*(x.name for x in fields(Ledger) if x.name not in NO_INPUTS))


@dataclass(slots=True)
class PlanMemo:
    """For each room the hash of the inputs of its last plan, and when it was made."""

    _authority: Authority = GUARDED
    _made: dict[str, tuple[int, float]] = field(default_factory=dict)

    def compared(
        self,
        desired: Desired,
        ledger: Ledger,
        observation: Observation | Unknown,
        now: float,
        *,
        authority: Authority,
        only: frozenset[str] | None,
    ) -> Evaluation:
        """As ``evaluate.compared``, without planning where the plan is known."""
        if authority != self._authority:
            self._authority = authority
            self._made.clear()
        key = None if only is not None else _inputs(desired, ledger, observation)
        plan = self._known(key, desired, observation, now)
        if plan is not None:
            return evaluated(plan, desired, ledger, observation, now)
        found = compared(
            desired, ledger, observation, now, authority=authority, only=only
        )
        if key is not None and found.plan == _resting(desired, observation):
            self._made[observation.room] = (key, now)
        return found

    def forget(self, rooms: Collection[str]) -> None:
        """*rooms* are planned again when they come back."""
        for room in rooms:
            self._made.pop(room, None)

    def _known(
        self,
        key: int | None,
        desired: Desired,
        observation: Observation | Unknown,
        now: float,
    ) -> Plan | None:
        made, made_at = self._made.get(observation.room, (None, now))
        if key is None or key != made or not 0.0 <= now - made_at < MAX_AGE_SECONDS:
            return None
        return _resting(desired, observation)


def _resting(desired: Desired, observation: Observation | Unknown) -> Plan | None:
    if isinstance(observation, Unknown):
        return None
    return resting_plan(desired.roster, observation, desired.generation)


def _inputs(
    desired: Desired, ledger: Ledger, observation: Observation | Unknown
) -> int | None:
    """What two looks share only if their plans follow from the same; None for none.

    None where Twilio was asked for more than the listing. Of 2**64 values two looks
    share one by chance, and by no design: texts are hashed with the process's key.
    """
    if isinstance(observation, Unknown) or not observation.alone:
        return None
    seen = observation.participants
    return hash(
        (
            desired,
            observation.conference,
            observation.lacks,
            seen,
            tuple([leg.created_at for leg in seen]),
            tuple(map(_frozen, _OF_LEDGER(ledger))),
        )
    )


def _frozen(value: Any) -> Any:
    """*value* with tuples for its mappings, in their order."""
    if not isinstance(value, Mapping):
        return value
    return tuple([(name, _frozen(each)) for name, each in value.items()])

"""A call without a record counts as over once looks agree, whatever one clock says."""

import pytest
from msgspec.structs import replace

from reconciler.model.ledger import Ledger
from reconciler.model.observation import CallStatus, Observation
from reconciler.model.roster import Cause, Redial, Value
from reconciler.planning.finding import Progress
from reconciler.planning.plan import Phase, Plan
from reconciler.planning.planner import make_plan
from tests.planning.samples import (
    CA1,
    NOW,
    attempt,
    call,
    ledger,
    look,
    member,
    record,
    rings,
    roster,
)

ANN = member("ann", redial=Redial(on=(Cause.LEFT,), attempts=3, backoff=1.0))
RUNG = ledger(record("ann", attempt(created_at=NOW)))


def looked(kept: Ledger, now: float, seen: Observation | None = None) -> Plan:
    return make_plan(roster(ANN), seen or look(), kept, now, 1)


def after(kept: Ledger, plan: Plan) -> Ledger:
    """The ledger once the memory of *plan* is noted."""
    fields: dict[str, Value] = dict(kept.memory.get(CA1, {}))
    for name, value in plan.memory.get(CA1, {}).items():
        fields.pop(name, None)
        if value is not None:
            fields[name] = value
    return replace(kept, memory={CA1: fields})


def over(plan: Plan) -> bool:
    return any(isinstance(each, Progress) for each in plan.findings)


def lived(*moments: float) -> list[bool]:
    """At which of the looks, by the clock of their host, the call counts as over."""
    kept, ends = RUNG, []
    for seconds in moments:
        plan = looked(kept, NOW + seconds)
        ends.append(over(plan))
        assert rings(plan) == []
        kept = after(kept, plan)
    return ends


def test_looks_over_five_minutes_agree() -> None:
    assert lived(30, 60, 90, 120, 150, 299, 301) == [False] * 6 + [True]


@pytest.mark.parametrize("jump", [300.0, 600.0, 86_400.0])
def test_a_clock_that_jumped_ends_no_call(jump: float) -> None:
    assert not any(lived(2, *(jump + 2 + 0.7 * look for look in range(40))))


def test_two_clocks_that_differ_end_no_call() -> None:
    looks = [(600.0 if number % 2 else 0.0) + number for number in range(40)]
    assert not any(lived(*looks))


def test_until_then_a_person_is_asked() -> None:
    (waiting,) = looked(RUNG, NOW + 900).waiting
    assert waiting.phase is Phase.STALLED
    assert "reconciler resolve line ann" in waiting.reason


def test_a_record_that_comes_after_all_begins_it_anew() -> None:
    kept = after(RUNG, looked(RUNG, NOW + 60))
    seen = look(calls=(call(CA1, status=CallStatus.RINGING),))
    assert kept.memory[CA1] == {"without_record": f"1 {int(NOW) + 60}"}
    assert after(kept, looked(kept, NOW + 90, seen)).memory[CA1] == {}


def test_nothing_is_written_by_looks_in_quick_succession() -> None:
    kept = after(RUNG, looked(RUNG, NOW + 60))
    assert looked(kept, NOW + 79).memory == {}

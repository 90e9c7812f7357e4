"""The order of edits of different things does not matter: a sample of ``make orders``."""

import asyncio

import pytest
from msgspec.structs import replace

from reconciler.model.declaration import Declaration, OverrideVerb
from reconciler.model.roster import Member, Roster
from reconciler.planning import planner
from reconciler.planning.plan import Plan
from tests.planning.orders import ROOM, Edit, Say, Unsay, check_orders, live, said

SEEDS = range(8)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_edits_come_to_the_same_end_in_every_order(seed: int) -> None:
    assert check_orders(seed, orders=3) == []


ANN = Member("ann", "+15551230001", "+15550005550")
FILE = Declaration(Roster(ROOM, (ANN, replace(ANN, label="bob", to="client:bob"))))
DETOUR: tuple[Edit, ...] = (
    Say(said(OverrideVerb.SET, labels=("ann",), fields=(("muted", True),))),
    Unsay("ann", "muted"),
)


def test_without_what_was_so_before_a_detour_leaves_a_trace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    straight = asyncio.run(live(FILE, ()))
    assert asyncio.run(live(FILE, DETOUR)) == straight

    def forgetful(plan: Plan, _: object) -> Plan:
        return plan

    monkeypatch.setattr(planner, "remembering", forgetful)
    assert asyncio.run(live(FILE, DETOUR)) != straight

"""Calls as decisions of the page: redial and resolve."""

from reconciler.model.errors import SettingError
from reconciler.operations.redial_request import (
    RedialChoice,
    after_not_placed,
    not_lost,
    redial_plan,
    request_redials,
    resolve_calls,
)
from reconciler.operations.room_snapshot import read_room
from reconciler.page.decision_fields import labels_of
from reconciler.page.decision_plan import Deciding, DecisionPlan, PlanLine
from reconciler.page.sessions import DecisionNotice


async def redial(it: Deciding) -> DecisionPlan:
    """Call members again."""
    labels, which = labels_of(it.fields), it.fields.get("which", "")
    if not labels and which not in {"all", "failed", "left"}:
        raise SettingError("choose whom to call again")
    store = it.context.store
    before, answers = await redial_plan(
        store, it.room, it.opening, it.context.clock, RedialChoice(labels, which)
    )

    async def carry_out() -> DecisionNotice:
        done = await request_redials(store, before, answers, it.operator)
        return DecisionNotice(
            " ".join(redial_answer.text for redial_answer in done) or "Nobody to call."
        )

    lines = tuple(
        PlanLine(label, "call again") for label, answer in answers.items() if not answer
    )
    return DecisionPlan(
        lines,
        carry_out,
        notes=tuple(answer.text for answer in answers.values() if answer),
        refused="" if lines else "Nobody would be called.",
    )


async def resolve(it: Deciding) -> DecisionPlan:
    """Say whether a lost call reached the phone."""
    labels, said = labels_of(it.fields), it.fields.get("rung", "")
    if said not in {"yes", "no"} or not labels:
        raise SettingError("choose a member, and whether the call reached the phone")
    store = it.context.store
    room_snapshot = await read_room(store, it.room, it.opening, it.context.clock)
    what = {
        "yes": "the call reached the phone: not called again automatically",
        "no": "the call did not reach the phone: called again",
    }[said]

    async def carry_out() -> DecisionNotice:
        done, others = await resolve_calls(
            store, room_snapshot, labels, it.operator, rung=said == "yes"
        )
        then = dict.fromkeys(done, what)
        if said == "no":
            then = await after_not_placed(store, room_snapshot, done)
        text = [f"Resolved {label}: {then[label]}." for label in done]
        return DecisionNotice(" ".join([*text, *others]))

    lost = [x for x in labels if x in room_snapshot.lost]
    return DecisionPlan(
        tuple(PlanLine(x, what) for x in lost),
        carry_out,
        notes=tuple(not_lost(room_snapshot, x) for x in labels if x not in lost),
        refused="" if lost else "No such call waits for a decision.",
    )

"""Overrides as decisions of the page."""

from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from reconciler.engine.room.evaluation import Evaluation
from reconciler.model.declaration import Override, OverrideVerb
from reconciler.model.errors import SettingError
from reconciler.operations.load_outcome import BeforeLoad, as_of
from reconciler.operations.override_change import (
    Drafts,
    OverrideChange,
    OverridePlan,
    OverrideRequest,
    end_overrides,
    label_drafts,
    make_overrides,
    mode_drafts,
    plan_overrides,
    plan_unset,
    set_drafts,
)
from reconciler.page.decision_fields import labels_of, lasting_of, seconds_of
from reconciler.page.decision_plan import (
    Deciding,
    DecisionPlan,
    PlanLine,
    action_lines,
    evaluation_notes,
)
from reconciler.page.rendering import room_url
from reconciler.page.sessions import DecisionNotice
from reconciler.planning.override import words_of, written
from reconciler.planning.roster_layers import STATE_FIELDS


async def set_fields(it: Deciding) -> DecisionPlan:
    """Declare state fields of members otherwise than the file does."""
    texts = [f"{x}={it.fields[x]}" for x in STATE_FIELDS if it.fields.get(x)]
    labels = labels_of(it.fields)
    if not labels or not texts:
        raise SettingError("choose a member, and what to set")
    return await _override(it, set_drafts([*labels, *texts]))


async def mode(it: Deciding) -> DecisionPlan:
    """Put the room into a mode."""
    if not it.fields.get("mode"):
        raise SettingError("choose a mode")
    return await _override(it, mode_drafts(it.room, it.fields["mode"]))


async def mute_all(it: Deciding) -> DecisionPlan:
    """Mute everybody but the chosen members."""
    return await _override(
        it, label_drafts(OverrideVerb.MUTE_ALL, labels_of(it.fields))
    )


async def only(it: Deciding) -> DecisionPlan:
    """Put everybody on hold but the chosen members."""
    labels = labels_of(it.fields)
    if not labels:
        raise SettingError("choose who stays off hold")
    return await _override(it, label_drafts(OverrideVerb.ONLY, labels))


async def start(it: Deciding) -> DecisionPlan:
    """Open the room although its file, its schedule or a person ended it."""
    return await _override(it, label_drafts(OverrideVerb.START, ()))


async def _override(it: Deciding, drafts: Drafts) -> DecisionPlan:
    context = it.context
    plan = await plan_overrides(
        context.store, _request(it), drafts, lasting_of(it.fields)
    )
    evaluation = await _after(it, plan, (*plan.found.overrides, *plan.wanted))

    async def carry_out() -> DecisionNotice:
        now = context.clock()
        ends = lasting_of(it.fields).end(now)
        overrides = tuple(replace(x, at=now, until=ends) for x in plan.wanted)
        change = await make_overrides(
            context.store, replace(plan, at=now, wanted=overrides)
        )
        return _made(it.room, change)

    end = seconds_of(it.fields)
    last = "until it is unset" if end is None else f"for {end:.0f} s"
    heads = tuple(PlanLine(it.room, f"{words_of(x)}, {last}") for x in plan.wanted)
    return _planned(plan, heads, evaluation, carry_out)


def _request(it: Deciding) -> OverrideRequest:
    context = it.context
    return OverrideRequest(
        it.room, it.operator, lambda: context.policy, context.clock()
    )


def _made(room: str, change: OverrideChange) -> DecisionNotice:
    text = "; ".join(words_of(override) for override in change.made)
    replaced = "".join(f" Replaces: {words_of(x)}." for x in change.ended)
    ids = ",".join(str(override.id) for override in change.made)
    return DecisionNotice(f"{text}.{replaced}", room_url(room, "do", "unset", ids=ids))


def _planned(
    plan: OverridePlan,
    heads: tuple[PlanLine, ...],
    evaluation: Evaluation,
    carry_out: Callable[[], Awaitable[DecisionNotice]],
) -> DecisionPlan:
    declared = tuple(
        PlanLine(difference.label or plan.room, difference.what)
        for difference in plan.differences
    )
    return DecisionPlan(
        (*heads, *declared, *action_lines(evaluation.plan)),
        carry_out,
        notes=evaluation_notes(evaluation),
    )


async def _after(
    it: Deciding, plan: OverridePlan, overrides: tuple[Override, ...]
) -> Evaluation:
    """An observation of the room as it is desired once *overrides* count."""
    context, now = it.context, it.context.clock()
    desired, ledger = (await context.store.read([it.room], now))[it.room]
    before = BeforeLoad(desired, ledger, plan.found.declaration, overrides)
    after, ledger = as_of(before, now)
    survey = await context.provider.survey([it.room])
    return await context.evaluate(it.room, after, ledger, survey)


async def unset(it: Deciding) -> DecisionPlan:
    """Take back overrides."""
    ids = {int(x) for x in it.fields.get("ids", "").split(",") if x.isdecimal()}
    everything = bool(it.fields.get("all"))

    def chosen(each: Override) -> bool:
        return everything or each.id in ids

    context = it.context
    plan = await plan_unset(context.store, _request(it), chosen)
    left = tuple(x for x in plan.found.overrides if x not in plan.going)
    evaluation = await _after(it, plan, left)

    async def carry_out() -> DecisionNotice:
        now = replace(plan, at=context.clock())
        change = await end_overrides(context.store, now, it.operator)
        text = " ".join(f"Removed: {words_of(x)}." for x in change.ended)
        return DecisionNotice(text, _again(change.ended, context.clock()))

    heads = tuple(PlanLine(it.room, f"remove: {words_of(x)}") for x in plan.going)
    planned = _planned(plan, heads, evaluation, carry_out)
    refused = "" if heads else "This override does not count any longer."
    return replace(planned, refused=refused)


def _again(ended: tuple[Override, ...], now: float) -> str:
    """Where an override that was removed can be made again; "" for several."""
    if len(ended) != 1:
        return ""
    (override,) = ended
    query: dict[str, str | tuple[str, ...]] = {"plan": "1", "label": override.labels}
    query |= {name: written(value) for name, value in override.fields}
    query |= {"mode": override.mode} if override.mode else {}
    if override.until is not None:
        query["for"] = f"{max(1.0, override.until - now):.0f}s"
    return room_url(override.room, "do", str(override.verb), **query)

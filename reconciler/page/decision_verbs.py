"""Each verb of the page: what it would do, by the code of its command."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final

from reconciler.engine.desired_room import Desired
from reconciler.engine.room.evaluate import Evaluation
from reconciler.model.declaration import Override, OverrideVerb
from reconciler.model.errors import SettingError
from reconciler.operations.approval_offer import (
    NamedApproval,
    grant_approval,
    offer_approval,
)
from reconciler.operations.evaluated_room import see
from reconciler.operations.load_outcome import BeforeLoad, as_of
from reconciler.operations.operation_context import OperationContext
from reconciler.operations.override_change import (
    Drafts,
    OverrideChange,
    OverridePlan,
    end_overrides,
    label_drafts,
    make_overrides,
    mode_drafts,
    plan_overrides,
    plan_unset,
    set_drafts,
)
from reconciler.operations.redial_request import (
    not_lost,
    redial_plan,
    request_redials,
    resolve_calls,
)
from reconciler.operations.requester import Operator
from reconciler.operations.room_ending import end_room, plan_ending
from reconciler.operations.room_snapshot import Opening, read_room
from reconciler.operations.standing_change import (
    pause_room,
    require_not_released,
    resume_room,
    resumed_text,
)
from reconciler.page.decision_fields import (
    labels_of,
    lasting_of,
    reason_of,
    seconds_of,
)
from reconciler.page.decision_plan import (
    DecisionPlan,
    PlanLine,
    action_lines,
    evaluation_notes,
    predicted_notes,
)
from reconciler.page.page_access import PageVerb
from reconciler.page.rendering import room_url
from reconciler.page.sessions import DecisionNotice
from reconciler.page.submitted_form import Fields
from reconciler.planning.effective import STATE_FIELDS
from reconciler.planning.override import words_of

APPROVAL_SECONDS: Final = 600.0


@dataclass(frozen=True, slots=True)
class Deciding:
    """A decision about ``room`` that ``operator`` is making."""

    context: OperationContext
    room: str
    fields: Fields
    operator: Operator
    desired: Desired

    @property
    def opening(self) -> Opening:
        """The context, for operations that open one."""

        @asynccontextmanager
        async def open_it() -> AsyncIterator[OperationContext]:
            yield self.context

        return open_it


async def approve(it: Deciding) -> DecisionPlan:
    """Approve what is withheld, once."""
    named = NamedApproval(
        it.fields.all.get("protected", ()), bool(it.fields.get("redials"))
    )
    seconds = seconds_of(it.fields) or APPROVAL_SECONDS
    reason = reason_of(it.fields, "approved")
    offer = await offer_approval(
        it.context, it.room, it.operator, named, seconds=seconds, reason=reason
    )

    ledger = await it.context.store.ledger(it.room, it.context.clock())
    earlier = ledger.approval
    actions = (*offer.plan.actions, *offer.actions)
    approved = replace(offer.plan, actions=actions, withheld=())
    held = evaluation_notes(
        replace(offer.seen.evaluation, plan=replace(offer.plan, actions=()))
    )
    notes = (*predicted_notes(approved), *held)
    if earlier is not None and earlier.expires_at > it.context.clock():
        notes = (f"{earlier.who} approved already: {earlier.reason}", *notes)

    async def carry_out() -> DecisionNotice:
        if not await grant_approval(it.context.store, it.room, offer):
            raise SettingError("the roster has changed in the meantime")
        return DecisionNotice(f"Approved for {seconds:.0f} s: {offer.kinds}.")

    refused = ""
    if offer.plan.unknown is not None:
        refused = f"Twilio could not be read: {offer.plan.unknown}"
    elif not offer.plan.withheld:
        refused = f"Nothing is withheld in {it.room}."
    elif not offer.covered:
        refused = "Choose the protected members, or the redials, to approve."
    return DecisionPlan(
        action_lines(offer.actions),
        carry_out,
        notes=notes,
        refused=refused,
        basis=repr(earlier),
    )


async def redial(it: Deciding) -> DecisionPlan:
    """Call members again."""
    labels, which = labels_of(it.fields), it.fields.get("which", "")
    if not labels and which not in {"all", "failed", "left"}:
        raise SettingError("choose whom to call again")
    store = it.context.store
    before, answers = await redial_plan(
        store, it.room, it.opening, it.context.clock, labels=labels, which=which
    )

    async def carry_out() -> DecisionNotice:
        done = await request_redials(store, before, answers, it.operator)
        return DecisionNotice(" ".join(each.text for each in done) or "Nobody to call.")

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
    known = await read_room(store, it.room, it.opening, it.context.clock)
    what = {
        "yes": "the call reached the phone: not called again automatically",
        "no": "the call did not reach the phone: called again",
    }[said]

    async def carry_out() -> DecisionNotice:
        done, others = await resolve_calls(
            store, known, labels, it.operator, rung=said == "yes"
        )
        text = [f"Resolved {label}: {what}." for label in done]
        return DecisionNotice(" ".join([*text, *others]))

    lost = [x for x in labels if x in known.lost]
    return DecisionPlan(
        tuple(PlanLine(x, what) for x in lost),
        carry_out,
        notes=tuple(not_lost(known, x) for x in labels if x not in lost),
        refused="" if lost else "No such call waits for a decision.",
    )


async def pause(it: Deciding) -> DecisionPlan:
    """Stop making changes to the room."""
    require_not_released(it.room, it.desired)
    seconds = seconds_of(it.fields)
    store, clock = it.context.store, it.context.clock

    async def carry_out() -> DecisionNotice:
        until = None if seconds is None else clock() + seconds
        _, settled = await pause_room(store, it.room, it.operator, clock, until)
        late = (
            "" if settled else " A request that was being sent may still take effect."
        )
        text = f"Paused {it.room}: no changes are made.{late}"
        return DecisionNotice(text, room_url(it.room, "do", "resume"))

    end = "until it is resumed" if seconds is None else f"for {seconds:.0f} s"
    line = PlanLine(it.room, f"no changes are made {end}; nobody is hung up")
    return DecisionPlan((line,), carry_out)


async def resume(it: Deciding) -> DecisionPlan:
    """Make changes to the room again: what that does at once."""
    store, clock = it.context.store, it.context.clock
    (seen,) = await see(it.context, it.room)

    async def carry_out() -> DecisionNotice:
        before, changed = await resume_room(store, it.room, it.operator, clock)
        text = resumed_text(it.room, before, changed=changed)
        return DecisionNotice(text, room_url(it.room, "do", "pause") if changed else "")

    return DecisionPlan(
        (
            PlanLine(it.room, "changes are made again"),
            *action_lines(seen.evaluation.plan.actions),
        ),
        carry_out,
        notes=evaluation_notes(seen.evaluation),
    )


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


async def start(it: Deciding) -> DecisionPlan:
    """Open the room although its file, its schedule or a person ended it."""
    return await _override(it, label_drafts(OverrideVerb.START, ()))


async def _override(it: Deciding, drafts: Drafts) -> DecisionPlan:
    context = it.context
    plan = await plan_overrides(
        context.store,
        it.room,
        drafts,
        it.operator,
        lasts=lasting_of(it.fields),
        policy=lambda: context.policy,
        at=context.clock(),
    )
    look = await _after(it, (*plan.found.overrides, *plan.wanted))

    async def carry_out() -> DecisionNotice:
        now = context.clock()
        ends = lasting_of(it.fields).end(now)
        wanted = tuple(replace(x, at=now, until=ends) for x in plan.wanted)
        change = await make_overrides(
            context.store, replace(plan, at=now, wanted=wanted)
        )
        return _made(it.room, change)

    end = seconds_of(it.fields)
    last = "until it is unset" if end is None else f"for {end:.0f} s"
    heads = tuple(PlanLine(it.room, f"{words_of(x)}, {last}") for x in plan.wanted)
    return _planned(plan, heads, look, carry_out)


def _made(room: str, change: OverrideChange) -> DecisionNotice:
    text = "; ".join(words_of(each) for each in change.made)
    replaced = "".join(f" Replaces: {words_of(x)}." for x in change.ended)
    ids = ",".join(str(each.id) for each in change.made)
    return DecisionNotice(f"{text}.{replaced}", room_url(room, "do", "unset", ids=ids))


def _planned(
    plan: OverridePlan,
    heads: tuple[PlanLine, ...],
    look: Evaluation,
    carry_out: Callable[[], Awaitable[DecisionNotice]],
) -> DecisionPlan:
    declared = tuple(
        PlanLine(each.label or plan.room, each.text) for each in plan.differences
    )
    return DecisionPlan(
        (*heads, *declared, *action_lines(look.plan.actions)),
        carry_out,
        notes=evaluation_notes(look),
    )


async def _after(it: Deciding, overrides: tuple[Override, ...]) -> Evaluation:
    """A look at the room as it is desired once *overrides* count."""
    context, now = it.context, it.context.clock()
    desired, ledger = (await context.store.read([it.room], now))[it.room]
    found = (await context.store.declared([it.room], now))[it.room]
    before = BeforeLoad(desired, ledger, found.declaration, overrides)
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
    plan = await plan_unset(
        context.store,
        it.room,
        chosen,
        it.operator,
        label=None,
        policy=lambda: context.policy,
        at=context.clock(),
    )
    left = tuple(x for x in plan.found.overrides if x not in plan.going)
    look = await _after(it, left)

    async def carry_out() -> DecisionNotice:
        now = replace(plan, at=context.clock())
        change = await end_overrides(context.store, now, it.operator)
        return DecisionNotice(
            " ".join(f"Removed: {words_of(x)}." for x in change.ended)
        )

    heads = tuple(PlanLine(it.room, f"remove: {words_of(x)}") for x in plan.going)
    planned = _planned(plan, heads, look, carry_out)
    refused = "" if heads else "This override does not count any longer."
    return replace(planned, refused=refused)


async def end(it: Deciding) -> DecisionPlan:
    """End the call for everybody, and keep the room ended."""
    ending = await plan_ending(it.context, it.room, lasting_of(it.fields), it.operator)

    async def carry_out() -> DecisionNotice:
        at = it.context.clock()
        until = lasting_of(it.fields).end(at)
        now = replace(ending, draft=replace(ending.draft, until=until))
        made, granted = await end_room(it.context.store, now, at)
        if made is None:
            raise SettingError(f"{it.room} was released in the meantime")
        more = "" if granted else " The removals need an approval: the roster changed."
        undo = room_url(it.room, "do", "unset", ids=str(made.id))
        return DecisionNotice(f"Ended the call in {it.room}.{more}", undo)

    unknown = ending.evaluation.plan.unknown
    return DecisionPlan(
        (
            PlanLine(it.room, "end the call for everybody, and keep it ended", "drop"),
            *(PlanLine(label, "is cut off", "drop") for label in ending.people),
        ),
        carry_out,
        refused=f"Twilio could not be read: {unknown}" if unknown else "",
    )


PLANS: Final[Mapping[PageVerb, Callable[[Deciding], Awaitable[DecisionPlan]]]] = {
    PageVerb.APPROVE: approve,
    PageVerb.REDIAL: redial,
    PageVerb.RESOLVE: resolve,
    PageVerb.PAUSE: pause,
    PageVerb.RESUME: resume,
    PageVerb.SET: set_fields,
    PageVerb.UNSET: unset,
    PageVerb.MODE: mode,
    PageVerb.START: start,
    PageVerb.END: end,
}

"""A whole room as a decision of the page: pause, resume, end."""

from msgspec.structs import replace

from reconciler.engine.desired_room import Standing
from reconciler.model.errors import SettingError
from reconciler.operations.evaluated_room import see
from reconciler.operations.room_ending import end_room, plan_ending
from reconciler.operations.standing_change import (
    pause_room,
    require_not_released,
    resume_room,
    resumed_text,
)
from reconciler.page.decision_fields import lasting_of, seconds_of
from reconciler.page.decision_plan import (
    Deciding,
    DecisionPlan,
    PlanLine,
    action_lines,
    evaluation_notes,
)
from reconciler.page.rendering import room_url
from reconciler.page.sessions import DecisionNotice


async def pause(it: Deciding) -> DecisionPlan:
    """Stop making changes to the room."""
    require_not_released(it.room, it.desired)
    seconds = seconds_of(it.fields)
    store, clock = it.context.store, it.context.clock

    async def carry_out() -> DecisionNotice:
        paused = await pause_room(store, it.room, it.operator, clock, seconds)
        late = (
            ""
            if paused.settled
            else " A request that was being sent may still take effect."
        )
        text = f"Paused {it.room}: no changes are made.{late}"
        return DecisionNotice(text, room_url(it.room, "do", "resume"))

    end = "until it is resumed" if seconds is None else f"for {seconds:.0f} s"
    line = PlanLine(it.room, f"no changes are made {end}; nobody is hung up")
    return DecisionPlan((line,), carry_out)


async def resume(it: Deciding) -> DecisionPlan:
    """Make changes to the room again: what that does at once."""
    if it.desired.released_by is None:
        require_not_released(it.room, it.desired)
    store, clock = it.context.store, it.context.clock
    (evaluated,) = await see(it.context, it.room)
    managed = it.desired.standing is Standing.MANAGED

    async def carry_out() -> DecisionNotice:
        before, changed = await resume_room(store, it.room, it.operator, clock)
        text = resumed_text(it.room, before, changed=changed)
        return DecisionNotice(text, room_url(it.room, "do", "pause") if changed else "")

    return DecisionPlan(
        (
            PlanLine(it.room, "changes are made again"),
            *action_lines(evaluated.evaluation.plan),
        ),
        carry_out,
        notes=evaluation_notes(evaluated.evaluation),
        refused=f"{it.room} is not paused." if managed else "",
    )


async def end(it: Deciding) -> DecisionPlan:
    """End the call for everybody, and keep the room ended."""
    ending = await plan_ending(it.context, it.room, lasting_of(it.fields), it.operator)

    async def carry_out() -> DecisionNotice:
        at = it.context.clock()
        until = lasting_of(it.fields).end(at)
        now = replace(ending, draft=replace(ending.draft, until=until))
        override, granted = await end_room(it.context.store, now, at)
        if override is None:
            raise SettingError(f"{it.room} was released in the meantime")
        more = "" if granted else " The removals need an approval: the roster changed."
        undo = room_url(it.room, "do", "unset", ids=str(override.id))
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

"""Decisions: a form, the plan of what it would do, and the confirmation."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reconciler.model.declaration import NORMAL
from reconciler.model.errors import ReconcilerError, SettingError
from reconciler.page.decision_fields import reason_of
from reconciler.page.decision_plan import Deciding, DecisionPlan, digest
from reconciler.page.decision_verbs import PLANS
from reconciler.page.page_access import PageVerb
from reconciler.page.page_state import page_of
from reconciler.page.recorded_room import NO_ROOM, recorded_entry
from reconciler.page.rendering import render, room_url
from reconciler.page.request_rates import DECISIONS
from reconciler.page.room_segment import room_of
from reconciler.page.same_origin import refusal
from reconciler.page.sign_in import visitor
from reconciler.page.submitted_form import Fields, parse_fields, read_form
from reconciler.planning.approval import protected_labels
from reconciler.planning.roster_layers import STATE_FIELDS

IMMEDIATE: Final = frozenset({PageVerb.RESUME, PageVerb.UNSET})
"""Verbs whose plan is shown without a form before it."""

CHOOSING: Final[Mapping[PageVerb, str]] = {
    PageVerb.SET: "Members",
    PageVerb.REDIAL: "Members",
    PageVerb.RESOLVE: "Members",
    PageVerb.MUTE_ALL: "Members who stay as declared",
    PageVerb.ONLY: "Members who are not on hold",
}
"""Verbs whose form lets members be chosen, and what is chosen."""

LASTING: Final = frozenset(PageVerb) - {
    PageVerb.REDIAL,
    PageVerb.RESOLVE,
    PageVerb.RESUME,
    PageVerb.UNSET,
}
"""Verbs that count for a time."""

_CHANGED = "The room has changed since the plan was shown. Nothing was done."
_UNSEEN = "Nothing was done: a plan is carried out once it was shown."


class _Question(Struct, frozen=True):
    """A decision that is asked for, and what it would come to."""

    deciding: Deciding
    plan: DecisionPlan | None = None
    error: str = ""


async def decision_form(request: Request) -> Response:
    """The form of a verb and, once it is filled in, the plan to confirm."""
    visit = visitor(request)
    verb = _verb(request)
    if verb is None or not visit.identity.may(verb):
        return _forbidden(request, verb)
    fields = parse_fields(request.url.query)
    deciding = await _deciding(request, verb, fields)
    planned = "plan" in fields or verb in IMMEDIATE
    question = await _planned(deciding) if planned else _Question(deciding)
    return await _show(request, question, 200)


async def decide(request: Request) -> Response:
    """Carry out a plan that was shown; one that has changed is shown again."""
    state = page_of(request)
    visit = visitor(request)
    verb = _verb(request)
    if not visit.bearer and (why := refusal(request, state.origin(request))):
        return render(request, "error.html", 403, title="Refused", text=why)
    if verb is None or not visit.identity.may(verb):
        return _forbidden(request, verb)
    if state.limits.wait(f"decide {visit.identity.name}", DECISIONS):
        text = "Too many decisions at once. Wait a moment."
        return render(request, "error.html", 429, title="Wait", text=text)
    fields = await read_form(request)
    room = room_of(request.path_params["room"])
    async with state.deciding(room):
        return await _decide(request, verb, fields)


async def _decide(request: Request, verb: PageVerb, fields: Fields) -> Response:
    state = page_of(request)
    visit = visitor(request)
    question = await _planned(await _deciding(request, verb, fields))
    deciding, plan = question.deciding, question.plan
    undone = _CHANGED if "digest" in fields else _UNSEEN
    if plan is None or plan.refused or fields.get("digest") != digest(deciding, plan):
        return await _show(request, question, 409, undone)
    try:
        notice = await plan.carry_out()
    except ReconcilerError as error:
        return await _show(request, _Question(deciding, error=str(error)), 409)
    state.mark(deciding.room, deciding.operator.who)
    state.latest.tell(deciding.room)
    if visit.session is not None:
        visit.session.notice = notice
    return RedirectResponse(room_url(deciding.room), 303)


async def _deciding(request: Request, verb: PageVerb, fields: Fields) -> Deciding:
    state = page_of(request)
    visit = visitor(request)
    room = room_of(request.path_params["room"])
    context = state.context(room)
    desired = await context.store.desired(room, context.clock())
    if desired is None:
        raise SettingError(NO_ROOM)
    return Deciding(context, verb, room, fields, visit.identity.operator, desired)


async def _planned(it: Deciding) -> _Question:
    try:
        who = replace(it.operator, reason=reason_of(it.fields))
        return _Question(it, await PLANS[it.verb](replace(it, operator=who)))
    except ReconcilerError as error:
        return _Question(it, error=str(error))


async def _show(
    request: Request, question: _Question, status: int, undone: str = ""
) -> Response:
    deciding, plan = question.deciding, question.plan
    return render(
        request,
        "decide.html",
        status,
        verb=str(deciding.verb),
        room=deciding.room,
        fields=deciding.fields,
        chosen=deciding.fields.all,
        plan=plan,
        error=question.error,
        standing=str(deciding.desired.standing),
        resumable=deciding.desired.resumable,
        undone=undone,
        digest=digest(deciding, plan) if plan else "",
        sent=[(name, value) for name, values in deciding.chosen for value in values],
        choosing=CHOOSING,
        lasting=LASTING,
        members=[member.label for member in deciding.desired.roster.members],
        state_fields=[x for x in STATE_FIELDS if x != "coaching"],
        **await _choices(request, deciding),
    )


async def _choices(request: Request, it: Deciding) -> dict[str, tuple[str, ...]]:
    """Modes of the room, and the members whose removal protection withholds."""
    state = page_of(request)
    now = it.context.clock()
    declared = (await it.context.store.declared([it.room], now)).get(it.room)
    modes = {mode.name for mode in declared.declaration.modes} if declared else set()
    entry = state.latest.entry(it.room) or await recorded_entry(it.context, it.room)
    protected = protected_labels(entry.evaluation.plan) if entry else ()
    return {
        "modes": tuple(sorted({NORMAL, *modes})),
        "protected": tuple(sorted(protected)),
    }


def _verb(request: Request) -> PageVerb | None:
    word = request.path_params["verb"]
    return PageVerb(word) if word in {*PageVerb} else None


def _forbidden(request: Request, verb: PageVerb | None) -> Response:
    if verb is None:
        text = "There is no such decision."
        return render(request, "error.html", 404, title="Not found", text=text)
    text = f"Your role may not {verb}. Sign in as an operator."
    return render(request, "error.html", 403, title="Not allowed", text=text)

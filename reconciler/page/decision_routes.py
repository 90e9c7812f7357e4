"""Decisions: a form, the plan of what it would do, and the confirmation."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reconciler.model.declaration import NORMAL
from reconciler.model.errors import ReconcilerError, SettingError
from reconciler.operations.evaluated_room import require
from reconciler.page.decision_plan import Asked, DecisionPlan, digest
from reconciler.page.decision_verbs import PLANS, Deciding
from reconciler.page.page_access import PageVerb
from reconciler.page.page_state import page_of
from reconciler.page.rendering import render, room_url
from reconciler.page.request_rates import DECISIONS
from reconciler.page.same_origin import refusal
from reconciler.page.sign_in import visitor
from reconciler.page.submitted_form import Fields, parse_fields, read_form
from reconciler.planning.approval import protected_labels
from reconciler.planning.effective import STATE_FIELDS

IMMEDIATE = frozenset({PageVerb.RESUME, PageVerb.UNSET})
"""Verbs whose plan is shown without a form before it."""


@dataclass(frozen=True, slots=True)
class _Question:
    """A decision that is asked for, and what it would come to."""

    asked: Asked
    deciding: Deciding
    verb: PageVerb
    plan: DecisionPlan | None = None
    error: str = ""


async def decision_form(request: Request) -> Response:
    """The form of a verb and, once it is filled in, the plan to confirm."""
    visit = visitor(request)
    verb = _verb(request)
    if verb is None or not visit.identity.may(verb):
        return _forbidden(request, verb)
    fields = parse_fields(request.url.query)
    question = await _question(request, verb, fields)
    if "plan" in fields or verb in IMMEDIATE:
        question = await _planned(question)
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
    room = request.path_params["room"]
    async with state.deciding(room):
        return await _decide(request, verb, fields)


async def _decide(request: Request, verb: PageVerb, fields: Fields) -> Response:
    state = page_of(request)
    visit = visitor(request)
    question = await _planned(await _question(request, verb, fields))
    plan, desired = question.plan, question.deciding.desired
    if plan is None or plan.refused:
        return await _show(request, question, 409)
    if fields.get("digest") != digest(question.asked, desired, plan):
        return await _show(request, question, 409, changed="digest" in fields)
    room = question.asked.room
    try:
        notice = await plan.carry_out()
    except ReconcilerError as error:
        return await _show(request, _failed(question, error), 409)
    state.mark(room, visit.identity.operator.who)
    state.board.tell(room)
    if visit.session is not None:
        visit.session.notice = notice
    return RedirectResponse(room_url(room), 303)


def _failed(question: _Question, error: ReconcilerError) -> _Question:
    return _Question(question.asked, question.deciding, question.verb, error=str(error))


async def _question(request: Request, verb: PageVerb, fields: Fields) -> _Question:
    state = page_of(request)
    visit = visitor(request)
    room = request.path_params["room"]
    context = state.context()
    require(room, await context.store.rooms())
    desired = await context.store.desired(room, context.clock())
    if desired is None:
        raise SettingError(f"room '{room}' does not exist")
    deciding = Deciding(context, room, fields, visit.identity.operator, desired)
    return _Question(Asked(str(verb), room, fields), deciding, verb)


async def _planned(question: _Question) -> _Question:
    try:
        plan = await PLANS[question.verb](question.deciding)
    except ReconcilerError as error:
        return _failed(question, error)
    return _Question(question.asked, question.deciding, question.verb, plan)


async def _show(
    request: Request, question: _Question, status: int, *, changed: bool = False
) -> Response:
    asked, it, plan = question.asked, question.deciding, question.plan
    return render(
        request,
        "decide.html",
        status,
        verb=str(question.verb),
        room=asked.room,
        fields=asked.fields,
        chosen=asked.fields.all,
        plan=plan,
        error=question.error,
        changed=changed,
        digest=digest(asked, it.desired, plan) if plan else "",
        sent=[
            (name, value)
            for name, values in asked.fields.all.items()
            if name not in {"digest", "plan", "reason"}
            for value in values
        ],
        members=[each.label for each in it.desired.roster.members],
        state_fields=[x for x in STATE_FIELDS if x != "coaching"],
        **await _choices(request, it),
    )


async def _choices(request: Request, it: Deciding) -> dict[str, tuple[str, ...]]:
    """Modes of the room, and the members whose removal protection withholds."""
    state = page_of(request)
    now = it.context.clock()
    found = (await it.context.store.declared([it.room], now)).get(it.room)
    modes = {each.name for each in found.declaration.modes} if found else set()
    entry = state.board.entry(it.room)
    protected = protected_labels(entry.look.plan) if entry else ()
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

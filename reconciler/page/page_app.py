"""The page as an ASGI application."""

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from reconciler.model.errors import SettingError, StoreError
from reconciler.page import decision_routes, sign_in, views
from reconciler.page.page_state import PageState, page_of
from reconciler.page.rendering import FOLDER, compile_templates, render
from reconciler.page.request_rates import READS
from reconciler.page.same_origin import embedded
from reconciler.page.security_headers import SecurityHeaders
from reconciler.page.stream import EventStream
from reconciler.page.submitted_form import FormRefused

Endpoint = Callable[[Request], Awaitable[Response]]

COMPRESS_FROM_BYTES = 500


def page_app(state: PageState) -> ASGIApp:
    """The application, for whoever is let in by *state*."""
    compile_templates()
    app = Starlette(
        routes=[
            Route("/", _home),
            Route("/rooms", _for_people(views.rooms)),
            Route(
                "/rooms/{room}/do/{verb}",
                _for_people(decision_routes.decision_form),
                methods=["GET"],
            ),
            Route(
                "/rooms/{room}/do/{verb}",
                _for_people(decision_routes.decide),
                methods=["POST"],
            ),
            Route("/rooms/{room}", _for_people(views.room)),
            Route("/rooms/{room:path}", _for_people(views.room_in_path)),
            Route("/account", _for_people(views.account)),
            Route("/files", _for_people(views.files)),
            Route("/session", _session),
            Route("/seen", _for_people(views.last_observation)),
            Route("/stream", EventStream(state)),
            Route("/sign-in", sign_in.form, methods=["GET"]),
            Route("/sign-in", sign_in.with_token, methods=["POST"]),
            Route("/sign-in/openid", sign_in.to_provider),
            Route("/sign-in/openid/callback", sign_in.from_provider),
            Route("/sign-out", sign_in.sign_out, methods=["POST"]),
            Mount("/static", StaticFiles(directory=FOLDER / "static")),
        ],
        exception_handlers={
            SettingError: _refused,
            StoreError: _lost,
            FormRefused: _form_refused,
            sign_in.TooManyAttempts: sign_in.too_many,
            404: _missing,
        },
    )
    app.state.page = state
    app.router.redirect_slashes = False
    compressed = GZipMiddleware(app, minimum_size=COMPRESS_FROM_BYTES, compresslevel=5)
    return SecurityHeaders(compressed, https=state.https)


async def _home(_request: Request) -> Response:
    return RedirectResponse("/rooms", 303)


async def _session(request: Request) -> Response:
    """204 for somebody who may read, else 401: for scripts, never a redirect."""
    visit = sign_in.arrival(request, page_of(request), use=False)
    return Response(status_code=204 if visit else 401)


def _for_people(view: Endpoint) -> Endpoint:
    """*view* for people who are signed in, as often as the limits allow."""

    async def endpoint(request: Request) -> Response:
        state = page_of(request)
        by_person = "fragment" not in request.query_params
        visit = sign_in.arrival(request, state, use=by_person)
        if visit is None:
            return _sign_in_first(request)
        if embedded(request):
            return PlainTextResponse("another site asks for this\n", 403)
        who = visit.identity.name or sign_in.client_of(request)
        wait = state.limits.wait(f"read {who}", READS)
        if wait:
            text = f"Too many requests. Wait {wait:.0f} s, and ask again."
            answer = _short(request, 429, "Wait", text)
            answer.headers["Retry-After"] = str(int(wait) + 1)
            return answer
        request.state.visit = visit
        return await view(request)

    return endpoint


def _sign_in_first(request: Request) -> Response:
    """A page leads to the sign-in; a script is told, and not led anywhere."""
    if request.method != "GET":
        text = "Your session has ended. Nothing was done. Sign in, and decide again."
        return _short(request, 401, "Sign in first", text)
    if _by_script(request):
        return PlainTextResponse("sign in first\n", 401)
    return RedirectResponse(sign_in.sign_in_url(request), 303)


def _by_script(request: Request) -> bool:
    return "fragment" in request.query_params or "authorization" in request.headers


def _short(request: Request, status: int, title: str, text: str) -> Response:
    """A page for a person, one line for a script."""
    if _by_script(request):
        return PlainTextResponse(f"{text}\n", status)
    return render(request, "error.html", status, title=title, text=text)


async def _refused(request: Request, error: Exception) -> Response:
    return render(request, "error.html", 404, title="Not possible", text=str(error))


async def _lost(request: Request, _error: Exception) -> Response:
    text = "The database cannot be used now. The daemon tries again."
    return render(request, "error.html", 503, title="No database", text=text)


async def _form_refused(request: Request, error: Exception) -> Response:
    """The rest of the body is not read: the connection ends."""
    assert isinstance(error, FormRefused)  # noqa: S101 - registered for it
    answer = render(
        request, "error.html", error.status, title="Refused", text=str(error)
    )
    answer.headers["Connection"] = "close"
    return answer


async def _missing(request: Request, _error: Exception) -> Response:
    text = "There is no such page."
    return render(request, "error.html", 404, title="Not found", text=text)

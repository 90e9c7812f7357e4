"""Sign-in and sign-out: cookies, bearer tokens, the sign-in form, OpenID Connect."""

import math
from typing import Final
from urllib.parse import quote

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from reconciler.page.page_access import VISITOR, Identity, SignInRefused
from reconciler.page.page_state import PageState, page_of
from reconciler.page.rendering import render
from reconciler.page.request_rates import FAILED_TOKENS, PROVIDER_VISITS
from reconciler.page.same_origin import refusal
from reconciler.page.sessions import LONGEST_SECONDS, PageSession
from reconciler.page.submitted_form import read_form

_CALLBACK: Final = "/sign-in/openid/callback"


def cookie_name(state: PageState) -> str:
    """``__Host-`` binds the cookie to this host and to TLS, where there is TLS."""
    return "__Host-reconciler" if state.https else "reconciler"


def visit_cookie(state: PageState) -> str:
    """The cookie of a sign-in under way; Lax, as the provider leads back here."""
    return f"{cookie_name(state)}-sign-in"


class Visit(Struct, frozen=True):
    """Who sent a request, and by which session; ``secret`` is that of its cookie."""

    identity: Identity
    session: PageSession | None = None
    secret: str = ""
    bearer: bool = False


def visitor(request: Request) -> Visit:
    """Who sent *request*, once it was let in."""
    visit: Visit = request.state.visit
    return visit


def visit_of(request: Request, state: PageState, *, use: bool = True) -> Visit | None:
    """Who sent *request*; None for somebody who has to sign in first."""
    token = _bearer_token(request)
    if token is not None:
        found = state.tokens.identity(token) if state.tokens else None
        return Visit(found, bearer=True) if found else None
    secret = request.cookies.get(cookie_name(state), "")
    session = state.sessions.find(secret, use=use) if secret else None
    identity = _current(session, state) if session else None
    if identity is not None:
        return Visit(identity, session, secret)
    return Visit(VISITOR) if state.open else None


class TooManyAttempts(Exception):  # noqa: N818 - answered, not raised to anybody
    """The client's address has sent too many wrong tokens; in ``seconds`` it may again."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"Too many wrong tokens. Wait {math.ceil(seconds)} s.")
        self.seconds = seconds


def arrival(request: Request, state: PageState, *, use: bool = True) -> Visit | None:
    """As ``visit_of``, for a request that just came: a wrong bearer token counts."""
    visit = visit_of(request, state, use=use)
    if visit is None and _bearer_token(request) is not None:
        _count_failure(request, state)
    return visit


def _count_failure(request: Request, state: PageState) -> None:
    """Count a wrong token of the client's address; TooManyAttempts beyond the limit.

    A right token is never refused: a stranger at the same address must not keep
    people out.
    """
    seconds = state.limits.wait(f"token {client_of(request)}", FAILED_TOKENS)
    if seconds:
        raise TooManyAttempts(seconds)


def _bearer_token(request: Request) -> str | None:
    """The token of ``Authorization: Bearer``; None without one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _current(session: PageSession, state: PageState) -> Identity | None:
    """The person with the role of now: a token that left its file is worth nothing."""
    identity = session.identity
    if identity is None or not identity.digest:
        return identity
    return state.tokens.holder(identity.digest) if state.tokens else None


async def form(request: Request) -> Response:
    """The sign-in form, and the link to the provider."""
    return _form(request, "", 200)


async def too_many(request: Request, error: Exception) -> Response:
    """429: the form for a person, one line for a script."""
    assert isinstance(error, TooManyAttempts)  # noqa: S101 - registered for it
    by_script = _bearer_token(request) is not None
    answer = (
        PlainTextResponse(f"{error}\n", 429)
        if by_script
        else _form(request, str(error), 429)
    )
    answer.headers["Retry-After"] = str(math.ceil(error.seconds))
    return answer


def _form(request: Request, error: str, status: int) -> Response:
    state = page_of(request)
    back = local_path(request.query_params.get("next", "/"))
    return render(
        request,
        "sign_in.html",
        status,
        error=error,
        tokens=state.tokens is not None,
        openid=state.openid is not None,
        back=back,
    )


async def with_token(request: Request) -> Response:
    """Sign in with a token of the token file."""
    state = page_of(request)
    if why := refusal(request, state.origin(request)):
        return _form(request, why, 403)
    fields = await read_form(request)
    identity = state.tokens.identity(fields.get("token", "")) if state.tokens else None
    if identity is None:
        _count_failure(request, state)
        return _form(request, "This token is not known.", 403)
    return _signed_in(request, identity, local_path(fields.get("next", "/")))


def _signed_in(request: Request, identity: Identity, back: str) -> Response:
    """A new session in place of that of the request's cookie, if it had one."""
    state = page_of(request)
    state.sessions.end(request.cookies.get(cookie_name(state), ""))
    state.latest.wake()
    secret = state.sessions.begin(identity)
    response = RedirectResponse(back, 303)
    response.set_cookie(
        cookie_name(state),
        secret,
        max_age=int(LONGEST_SECONDS),
        secure=state.https,
        httponly=True,
        samesite="lax",
    )
    response.delete_cookie(visit_cookie(state), secure=state.https, httponly=True)
    return response


async def to_provider(request: Request) -> Response:
    """Send the browser to the OpenID provider."""
    state = page_of(request)
    if state.openid is None:
        return _form(request, "No OpenID provider is configured.", 404)
    if state.limits.wait(f"provider {client_of(request)}", PROVIDER_VISITS):
        return _form(request, "Too many attempts. Wait a minute.", 429)
    secret = state.sessions.begin(None)
    session = state.sessions.find(secret)
    assert session is not None  # noqa: S101 - it has just begun
    session.data["next"] = local_path(request.query_params.get("next", "/"))
    request.scope["session"] = session.data
    try:
        response = await state.openid.redirect(
            request, f"{state.origin(request)}{_CALLBACK}"
        )
    except SignInRefused as refused:
        return _form(request, f"{refused}.", 502)
    response.set_cookie(
        visit_cookie(state),
        secret,
        secure=state.https,
        httponly=True,
        samesite="lax",
    )
    return response


async def from_provider(request: Request) -> Response:
    """The browser is back from the provider."""
    state = page_of(request)
    secret = request.cookies.get(visit_cookie(state), "")
    session = state.sessions.find(secret)
    if state.openid is None or session is None or session.identity is not None:
        return _form(request, "This sign-in has expired. Sign in again.", 403)
    state.sessions.end(secret)
    request.scope["session"] = session.data
    try:
        identity = await state.openid.identity(request)
    except SignInRefused as refused:
        return _form(request, f"{refused}.", 403)
    return _signed_in(request, identity, session.data.get("next", "/"))


async def sign_out(request: Request) -> Response:
    """End the session, its streams too."""
    state = page_of(request)
    if why := refusal(request, state.origin(request)):
        return _form(request, why, 403)
    state.sessions.end(request.cookies.get(cookie_name(state), ""))
    state.latest.wake()
    response = RedirectResponse("/sign-in", 303)
    response.delete_cookie(cookie_name(state), secure=state.https, httponly=True)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def local_path(path: str) -> str:
    """*path* if it leads to a page of ours, else that of the rooms."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if plain and path.isprintable() and "\\" not in path else "/"


def sign_in_url(request: Request) -> str:
    """Where to sign in, and come back to what was asked for."""
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"/sign-in?next={quote(path)}"


def client_of(request: Request) -> str:
    """The address that a request came from; behind a proxy, as the proxy says.

    A proxy adds the address to the end of ``X-Forwarded-For``: what is before it may
    be the client's own words.
    """
    address = request.client.host if request.client else ""
    if not page_of(request).url:
        return address
    forwarded = request.headers.getlist("x-forwarded-for")
    return f"{address} {','.join(forwarded).rpartition(',')[2].strip()}"

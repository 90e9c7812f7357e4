"""Health: /livez, /readyz and /metrics for whoever runs the process.

Not alive means that a restart would help: the loop, the ticker or a run is
stuck. Twilio or the database being away is no such thing; then it is not
ready, and continues by itself once they are back.
"""

import asyncio
from collections.abc import Callable, Iterable

from msgspec import Struct, to_builtins
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


class Vitals(Struct, frozen=True):
    """Signs of life. Times are seconds of one clock that never goes back.

    ``loop_at`` and ``ticked_at`` are when event loop and ticker last showed
    themselves, ``oldest_run_at`` when the longest run under way began, and
    ``last_clean_at`` when a run last went well; None where there was none.
    ``warmed`` says that everything was read once since the start.
    ``refused_files`` are roster files with errors, ``files_refused_at`` since when
    there has been one.
    ``held_accounts`` are accounts that cannot be used, ``accounts_held_at`` since when
    there has been one.
    ``tokens_problem`` is what is wrong with the page's token file, ``tokens_wrong_at``
    since when.
    ``shards_lost_at`` is since when a daemon among several holds no shard.
    ``draining_at``, ``database_lost_at`` and ``credentials_refused_at`` are None
    unless it is so.
    """

    now: float
    started_at: float
    loop_at: float | None = None
    ticked_at: float | None = None
    oldest_run_at: float | None = None
    last_clean_at: float | None = None
    warmed: bool = False
    draining_at: float | None = None
    database_lost_at: float | None = None
    credentials_refused_at: float | None = None
    schema_current: bool = True
    shards_lost_at: float | None = None
    refused_files: tuple[str, ...] = ()
    files_refused_at: float | None = None
    held_accounts: tuple[str, ...] = ()
    accounts_held_at: float | None = None
    tokens_problem: str = ""
    tokens_wrong_at: float | None = None


class StallThresholds(Struct, frozen=True):
    """Silence after which something counts as stuck."""

    loop_seconds: float = 30.0
    ticker_seconds: float = 30.0
    run_seconds: float = 300.0


class Check(Struct, frozen=True):
    """One question and its answer. ``seconds`` is for how long it is so."""

    name: str
    ok: bool
    message: str
    seconds: float


def liveness(vitals: Vitals, limits: StallThresholds) -> tuple[Check, ...]:
    """Whether a restart would help: it would if one of these is not ok."""
    now, start = vitals.now, vitals.started_at
    run = 0.0 if vitals.oldest_run_at is None else now - vitals.oldest_run_at
    return (
        _silence("loop", "the event loop", _since(vitals.loop_at, start, now), limits.loop_seconds),
        _silence("ticker", "the ticker", _since(vitals.ticked_at, start, now), limits.ticker_seconds),
        Check(
            "run",
            run <= limits.run_seconds,
            f"the longest run has taken {run:.0f} s so far (at most {limits.run_seconds:.0f} "
            "s)",
            run,
        ),
    )  # fmt: skip


def readiness(vitals: Vitals) -> tuple[Check, ...]:
    """Whether it does its work now."""
    start = vitals.started_at
    since = {
        "database cannot be reached": vitals.database_lost_at,
        "schema is not current (run 'reconciler db upgrade')": (
            None if vitals.schema_current else start
        ),
        "credentials are refused by Twilio (run 'reconciler doctor')": (
            vitals.credentials_refused_at
        ),
        "rooms have not all been read yet": None if vitals.warmed else start,
        "shards are held by other daemons, or by none (run 'reconciler nodes')": (
            vitals.shards_lost_at
        ),
        "process is stopping": vitals.draining_at,
    }
    return tuple(_state(bad, at, vitals.now) for bad, at in since.items())


def advisories(vitals: Vitals) -> tuple[Check, ...]:
    """What a person should look at, although the process does its work."""
    names = ", ".join(vitals.refused_files)
    bad = f"files with errors, whose rooms keep the previous rosters: {names}"
    accounts = (
        f"accounts that are blocked, nothing is sent to their rooms: "
        f"{', '.join(vitals.held_accounts)} (run 'reconciler doctor')"
    )
    tokens = (
        "tokens of the page sign nobody in until their file is mended: "
        f"{vitals.tokens_problem}"
    )
    return (
        _state(bad, vitals.files_refused_at, vitals.now),
        _state(accounts, vitals.accounts_held_at, vitals.now),
        _state(tokens, vitals.tokens_wrong_at, vitals.now),
    )


def admin_app(
    vitals: Callable[[], Vitals],
    metrics: Callable[[], tuple[bytes, str]],
    limits: StallThresholds,
) -> Starlette:
    """The admin application. ``metrics`` gives a body with its content type.

    ``metrics`` may wait for the loop; probes are answered meanwhile.
    ``/readyz?verbose`` also has what is wrong without making it unready.
    """

    async def livez(_request: Request) -> Response:
        return _answer(liveness(vitals(), limits))

    async def readyz(request: Request) -> Response:
        seen = vitals()
        more = advisories(seen) if "verbose" in request.query_params else ()
        return _answer(readiness(seen), more)

    async def exposition(_request: Request) -> Response:
        body, kind = await asyncio.to_thread(metrics)
        return Response(body, headers={"Content-Type": kind})

    endpoints = {"/livez": livez, "/readyz": readyz, "/metrics": exposition}
    return Starlette(routes=[Route(path, each) for path, each in endpoints.items()])


def _answer(checks: Iterable[Check], advisory: Iterable[Check] = ()) -> JSONResponse:
    made = tuple(checks)
    ok = all(check.ok for check in made)
    body = {"ok": ok, "checks": [to_builtins(check) for check in (*made, *advisory)]}
    headers = {"Cache-Control": "no-store"}
    return JSONResponse(body, 200 if ok else 503, headers=headers)


def _since(at: float | None, start: float, now: float) -> float:
    return now - (start if at is None else at)


def _silence(name: str, what: str, silent: float, limit: float) -> Check:
    message = f"{what} last moved {silent:.0f} s ago (at most {limit:.0f} s)"
    return Check(name, silent <= limit, message, silent)


def _state(bad: str, since: float | None, now: float) -> Check:
    """A check named by the first word of what is wrong since a moment."""
    name = bad.partition(" ")[0]
    if since is None:
        return Check(name, True, "ok", 0.0)
    return Check(name, False, f"the {bad}, for {now - since:.0f} s", now - since)

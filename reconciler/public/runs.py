"""Plan and sync of roster files, by the functions that the commands call."""

import asyncio
import os
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import uvloop

from reconciler.bootstrap.command_session import command_session
from reconciler.bootstrap.desired_state_loader import DesiredStateLoader
from reconciler.bootstrap.environment import person
from reconciler.bootstrap.preview import Preview, preview, preview_code
from reconciler.bootstrap.result_data import preview_data, sync_data
from reconciler.bootstrap.roster_source import read_rosters as read_files
from reconciler.bootstrap.roster_source import record_refused
from reconciler.bootstrap.sync_record import SyncRecord, exit_code
from reconciler.bootstrap.syncing import SyncRequest, SyncWatch, aimed, run_sync
from reconciler.bootstrap.targeting import Targeting
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.files import Loading
from reconciler.model.errors import RosterError, SettingError
from reconciler.model.json_times import with_times
from reconciler.public.arguments import (
    instant,
    require_boolean,
    require_callable,
    require_optional_text,
    require_paths,
    require_seconds,
    require_settings,
    require_targets,
    require_variables,
)
from reconciler.public.loop_check import refuse_in_loop
from reconciler.public.results import PlanResult, RoomResult, SyncResult, room_result
from reconciler.setting_names import require_meant
from reconciler.settings import Settings
from reconciler.settings import read_settings as settings_of

T = TypeVar("T")
RosterPath = str | Path

TIMEOUT_SECONDS = 120.0
"""Seconds for which rooms are followed, unless said otherwise."""


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from *environ*, or from the process's environment variables.

    The names are those of docs/configuration.md, secrets also as ``…_FILE``.
    SettingError names the variable that is wrong.
    """
    source = os.environ if environ is None else environ
    require_variables(source)
    require_meant(source)
    return settings_of(source, lambda path: Path(path).read_text("utf-8"))


def read_rosters(*paths: RosterPath, settings: Settings | None = None) -> Loading:
    """The rosters of files and folders, as ``reconciler validate`` reads them.

    Without *paths*, those of the folder that is set. Files with errors are in
    ``refused``; RosterError, with every problem, if no file is without one.
    """
    require_paths(paths)
    return read_files(paths, _settings(settings))


def plan(
    *paths: RosterPath,
    settings: Settings | None = None,
    targets: Sequence[str] = (),
    take_over: bool = False,
    at: datetime | None = None,
) -> PlanResult:
    """What ``sync`` would do with these files; nothing is written anywhere.

    *targets* are ``ROOM`` or ``ROOM/LABEL``. *take_over* takes over rooms that
    another folder declares. *at*, a time with an offset, plans for what schedules and
    overrides declare then.
    """
    wanted = plan_async(
        *paths, settings=settings, targets=targets, take_over=take_over, at=at
    )
    return _run(wanted, "plan_async")


async def plan_async(
    *paths: RosterPath,
    settings: Settings | None = None,
    targets: Sequence[str] = (),
    take_over: bool = False,
    at: datetime | None = None,
) -> PlanResult:
    """As ``plan``, in a running event loop."""
    require_paths(paths)
    require_targets(targets)
    require_boolean("take_over", take_over)
    of, then = _settings(settings), instant(at)
    loading = await asyncio.to_thread(read_files, paths, of)
    aim = Targeting.of(targets, loading)
    loading = aim.loads(loading)
    async with command_session(of, read_only=True) as session:
        await aim.check(session, loading)
        loader = DesiredStateLoader(session.store, "plan", 0.0, take_over)
        seen = await preview(session, loading, loader, aim.only, then or 0.0)
    return _planned(seen, loading, then)


def sync(
    *paths: RosterPath,
    settings: Settings | None = None,
    targets: Sequence[str] = (),
    timeout: float = TIMEOUT_SECONDS,
    wait: bool = True,
    force: str | None = None,
    take_over: bool = False,
    on_pass: Callable[[RoomResult], None] | None = None,
) -> SyncResult:
    """Load these files and converge their rooms, as ``reconciler sync`` does.

    Follows the rooms until they are as declared or *timeout* seconds are over;
    without *wait* there is one pass. *force* is the reason for which what is withheld
    is carried out. *on_pass* is told of each pass of a room. What an action came to
    is in the result; errors are raised where nothing can be done at all.
    """
    wanted = sync_async(
        *paths,
        settings=settings,
        targets=targets,
        timeout=timeout,
        wait=wait,
        force=force,
        take_over=take_over,
        on_pass=on_pass,
    )
    return _run(wanted, "sync_async")


async def sync_async(
    *paths: RosterPath,
    settings: Settings | None = None,
    targets: Sequence[str] = (),
    timeout: float = TIMEOUT_SECONDS,  # noqa: ASYNC109 - a bound on rooms, told to the engine
    wait: bool = True,
    force: str | None = None,
    take_over: bool = False,
    on_pass: Callable[[RoomResult], None] | None = None,
) -> SyncResult:
    """As ``sync``, in a running event loop.

    A cancellation waits for the requests under way and puts their outcomes on record.
    """
    request = SyncRequest(paths, targets, timeout, not wait, force, take_over)
    _require_request(request)
    require_boolean("wait", wait)
    require_callable("on_pass", on_pass)
    of, cause = _settings(settings), f"reconciler.sync by {person()}"
    loading = await _read(paths, of, cause)
    loading, course = aimed(request, loading, of, cause)
    async with command_session(of, read_only=False) as session:
        watch = SyncWatch(_told(on_pass))
        record = await run_sync(session, loading, course, watch)
    if record.busy and not record.passes:
        raise next(iter(record.busy.values()))
    return _synced(record)


def _settings(settings: Settings | None) -> Settings:
    require_settings(settings)
    return settings or load_settings()


def _require_request(request: SyncRequest) -> None:
    require_paths(request.paths)
    if "-" in map(str, request.paths):
        raise SettingError(
            "sync cannot read a roster from standard input, because it reads files twice"
        )
    require_targets(request.targets)
    require_seconds("timeout", request.timeout)
    require_optional_text("force", request.force)
    require_boolean("take_over", request.take_over)


async def _read(paths: Sequence[RosterPath], of: Settings, cause: str) -> Loading:
    """The rosters; errors of files are put on record, as the command does."""
    try:
        return await asyncio.to_thread(read_files, paths, of)
    except RosterError:
        await record_refused(paths, of, cause)
        raise


def _told(
    on_pass: Callable[[RoomResult], None] | None,
) -> Callable[[ReconcileResult], None]:
    def tell(result: ReconcileResult) -> None:
        if on_pass is not None:
            on_pass(room_result(result.evaluation, result.outcomes))

    return tell


def _planned(seen: Preview, loading: Loading, at: float | None) -> PlanResult:
    return PlanResult(
        rooms=tuple(map(room_result, seen.looks)),
        converged=seen.converged and not seen.changes_rooms,
        released=dict(seen.released),
        refused=loading.refused,
        warnings=loading.warnings,
        exit_code=preview_code(seen, loading, differences=True),
        data=with_times(preview_data(seen, loading, at=at)),
    )


def _synced(record: SyncRecord) -> SyncResult:
    return SyncResult(
        rooms=tuple(
            room_result(result.evaluation, tuple(record.tried(room)))
            for room, result in sorted(record.passes.items())
        ),
        converged=record.converged,
        unread=record.unread,
        busy=tuple(sorted(record.busy)),
        refused=record.loading.refused,
        warnings=record.loading.warnings,
        exit_code=exit_code(record),
        data=with_times(sync_data(record)),
    )


def _run(work: Coroutine[Any, Any, T], other: str) -> T:
    """What *work* returns, in an event loop of its own."""
    refuse_in_loop(f"await reconciler.{other}(…)", work)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)

"""Plans and syncs of roster files as data for JSON."""

from typing import Any

from reconciler.bootstrap.preview import Preview
from reconciler.bootstrap.sync_record import UNREAD, SyncRecord
from reconciler.engine.room.evaluation import RoomPhase
from reconciler.files import Loading, problem_data
from reconciler.model.load_result import Loaded, RoomHome
from reconciler.operations.audibility_text import predicted_data
from reconciler.operations.effective_data import effective_data
from reconciler.planning.plan import Plan
from reconciler.planning.serialize import plan_data, plans_data


def preview_data(
    seen: Preview,
    loading: Loading,
    *,
    at: float | None = None,
    timezone: str | None = None,
    numbers: bool = False,
) -> dict[str, Any]:
    """A plan; *at* and *timezone* are what it is for, where that is not now."""
    rooms = [
        plan_data(evaluation.plan, str(evaluation.state), numbers=numbers)
        | predicted_data(evaluation.plan)
        | effective_data(evaluation.desired, seen.overrides.get(evaluation.room, ()))
        for evaluation in seen.looks
    ]
    data = plans_data(rooms, converged=seen.converged and not seen.changes_rooms)
    previewed = _previewed_load(seen, loading, numbers=numbers)
    return {**data, **previewed, "at": at, "timezone": timezone}


def sync_data(result: SyncRecord) -> dict[str, Any]:
    """A sync: the last plan of each room, with the actions that were begun."""
    rooms = [
        plan_data(
            reconciled.evaluation.plan,
            str(reconciled.state),
            [(outcome.action, str(outcome.result)) for outcome in result.tried(room)],
        )
        | effective_data(reconciled.evaluation.desired)
        for room, reconciled in sorted(result.passes.items())
    ]
    rooms += [
        plan_data(Plan(room, 0, unknown=UNREAD), str(RoomPhase.UNKNOWN), [])
        | effective_data(None)
        for room in result.unread
    ]
    data = plans_data(rooms, converged=result.converged)
    return {**data, **load_data(result.loading, result.loaded)}


def _previewed_load(
    seen: Preview, loading: Loading, *, numbers: bool
) -> dict[str, Any]:
    return {
        **load_data(loading, seen.loaded, numbers=numbers),
        "released": [
            {"conference": room, "people": people}
            for room, people in seen.released.items()
        ],
        "returned": list(seen.returned),
        "unpinned": [
            {"conference": room, "generation": generation}
            for room, generation in seen.unpinned
        ],
        "moved": [
            {"conference": room, "from": old, "phones": phones}
            for room, old, phones in seen.moved
        ],
    }


def load_data(
    loading: Loading, loaded: Loaded, *, numbers: bool = False
) -> dict[str, Any]:
    """What a load did beyond the rooms that it declares, and the refused files with their problems."""
    return {
        "released": [{"conference": room} for room in loaded.released],
        "held": list(loaded.held),
        "foreign": [_elsewhere(home) for home in loaded.foreign],
        "taken": [_elsewhere(home) for home in loaded.taken],
        "elsewhere": [_elsewhere(home) for home in loaded.elsewhere],
        "refused": [
            {
                "file": refused.file,
                "rooms": list(refused.rooms),
                "problems": [
                    problem_data(problem, numbers=numbers)
                    for problem in refused.problems
                ],
            }
            for refused in loading.refused
        ],
    }


def _elsewhere(each: RoomHome) -> dict[str, str]:
    return {"conference": each.room, "folder": each.folder}

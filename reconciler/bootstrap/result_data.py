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
        plan_data(each.plan, str(each.state), numbers=numbers)
        | predicted_data(each.plan)
        | effective_data(each.desired, seen.overrides.get(each.room, ()))
        for each in seen.looks
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
            [(each.action, str(each.result)) for each in result.tried(room)],
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
        "foreign": [_elsewhere(each) for each in loaded.foreign],
        "taken": [_elsewhere(each) for each in loaded.taken],
        "elsewhere": [_elsewhere(each) for each in loaded.elsewhere],
        "refused": [
            {
                "file": each.file,
                "rooms": list(each.rooms),
                "problems": [
                    problem_data(found, numbers=numbers) for found in each.problems
                ],
            }
            for each in loading.refused
        ],
    }


def _elsewhere(each: RoomHome) -> dict[str, str]:
    return {"conference": each.room, "folder": each.folder}

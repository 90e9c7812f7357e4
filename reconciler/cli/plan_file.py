"""A plan saved by ``plan --out``, and what has changed since.

The file names actions by hashes and people by none, so it holds no phone number. What
it says is compared with a new plan, and never carried out by itself.
"""

import hashlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, Literal

import click
from msgspec import DecodeError, Struct, json

from reconciler.bootstrap import now, person
from reconciler.bootstrap.preview import Preview
from reconciler.cli.file_replacement import replace_file
from reconciler.engine.room.evaluation import Evaluation
from reconciler.engine.room.plan_binding import planned_names
from reconciler.files import Loading
from reconciler.model.errors import SettingError
from reconciler.model.observation import Observation
from reconciler.planning.serialize import FORMAT_VERSION
from reconciler.store.queries.declaration_document import declaration_digest

STREAM: Final = Path("-")
"""Standard output of a plan that is saved, standard input of one that is applied."""


class PlannedRoom(Struct, frozen=True):
    """A room of a saved plan: ``labels`` are those who are not as declared.

    ``declared`` and ``observed`` are hashes of what the files declared and of who was
    in the room, and how.
    """

    conference: str
    generation: int
    declared: str
    conference_sid: str | None
    observed: str
    actions: tuple[str, ...]
    labels: tuple[str, ...]


class PlanArguments(Struct, frozen=True):
    """What a plan was made for; ``paths`` are absolute."""

    paths: tuple[str, ...]
    targets: tuple[str, ...]
    take_over: bool


class PlanFile(Struct, frozen=True):
    """``load`` has what the load does to rooms, by kind."""

    account: str
    created_at: float
    by: str
    arguments: PlanArguments
    load: Mapping[str, tuple[str, ...]]
    rooms: tuple[PlannedRoom, ...]
    format_version: str
    kind: Literal["reconciler-plan"]

    @property
    def labels(self) -> dict[str, frozenset[str]]:
        """Whom the plan is about, by room."""
        return {planned.conference: frozenset(planned.labels) for planned in self.rooms}

    @property
    def expected(self) -> dict[str, tuple[str, ...]]:
        """The names of the actions of each room, see ``planned_names``."""
        return {planned.conference: planned.actions for planned in self.rooms}


def plan_file(
    seen: Preview, loading: Loading, account_sid: str, arguments: PlanArguments
) -> PlanFile:
    """What was *seen*, as it is saved."""
    rooms = _planned_rooms(seen, loading, account_sid)
    return PlanFile(
        account_sid,
        now(),
        person(),
        arguments,
        _load_effects(seen),
        rooms,
        FORMAT_VERSION,
        "reconciler-plan",
    )


def _planned_rooms(
    seen: Preview, loading: Loading, account_sid: str
) -> tuple[PlannedRoom, ...]:
    """The rooms of a plan as they are saved, sorted."""
    digests = {x.room: declaration_digest(x) for x in loading.declarations}
    found = (
        PlannedRoom(
            evaluation.room,
            evaluation.plan.generation,
            digests[evaluation.room],
            evaluation.plan.conference.sid if evaluation.plan.conference else None,
            _observed(evaluation),
            planned_names(evaluation.plan, account_sid),
            _labels(evaluation),
        )
        for evaluation in seen.looks
    )
    return tuple(sorted(found, key=lambda planned: planned.conference))


def _load_effects(seen: Preview) -> dict[str, tuple[str, ...]]:
    """What the load does to rooms beside their rosters, by kind; empty kinds left out."""
    loaded = seen.loaded
    effects = {
        "released": tuple(sorted(seen.released)),
        "returned": seen.returned,
        "foreign": tuple(home.room for home in loaded.foreign),
        "taken": tuple(home.room for home in loaded.taken),
        "unpinned": tuple(room for room, _ in seen.unpinned),
    }
    return {kind: rooms for kind, rooms in effects.items() if rooms}


def _observed(evaluation: Evaluation) -> str:
    """A hash of the legs in the room, and of how each takes part."""
    legs = (
        evaluation.observation.participants
        if isinstance(evaluation.observation, Observation)
        else ()
    )
    said = sorted(
        [x.call_sid, x.label or "", str(x.status), x.muted, x.hold, x.coaching]
        for x in legs
    )
    return hashlib.sha256(json.encode(said)).hexdigest()


def _labels(evaluation: Evaluation) -> tuple[str, ...]:
    plan = evaluation.plan
    actions = (*plan.actions, *(withheld.action for withheld in plan.withheld))
    waiting = {wait.label for wait in plan.waiting if not wait.settled}
    return tuple(sorted({action.label for action in actions} | waiting))


def write_plan_file(path: Path, plan: PlanFile) -> None:
    """Save *plan*, readable by its owner alone; SettingError if it cannot be.

    ``-`` is standard output.
    """
    content = json.format(json.encode(plan), indent=2) + b"\n"
    if path == STREAM:
        click.echo(content, nl=False)
        return
    try:
        replace_file(path, content, private=True)
    except OSError as error:
        raise SettingError(f"{path} cannot be written: {error.strerror}") from None


def read_plan_file(path: Path) -> PlanFile:
    """The plan of a file, ``-`` for standard input; SettingError if it is none."""
    name = "standard input" if path == STREAM else str(path)
    try:
        plan = json.decode(_content(path), type=PlanFile)
    except OSError as error:
        raise SettingError(f"{name} cannot be read: {error.strerror}") from None
    except DecodeError as error:
        raise SettingError(
            f"{name} is not a saved plan ({error}). To save one: reconciler plan --out "
            "FILE"
        ) from None
    if plan.format_version != FORMAT_VERSION:
        raise SettingError(
            f"{name} was saved by another version of reconciler (format "
            f"{plan.format_version!r}). To plan again: reconciler plan --out FILE"
        )
    return plan


def _content(path: Path) -> bytes:
    if path == STREAM:
        return sys.stdin.buffer.read()
    return path.read_bytes()


def changes_since(saved: PlanFile, now: PlanFile) -> Iterator[str]:
    """A line for each thing that is not as it was when *saved* was planned."""
    if saved.load != now.load:
        yield "the files release, take over or return other rooms than planned"
    before = {planned.conference: planned for planned in saved.rooms}
    after = {planned.conference: planned for planned in now.rooms}
    for room in sorted(before.keys() | after.keys()):
        if room not in after:
            yield f"{room}: no longer declared"
        elif room not in before:
            yield f"{room}: not declared when planned"
        elif reason := _change(before[room], after[room]):
            yield f"{room}: {reason}"


def _change(before: PlannedRoom, after: PlannedRoom) -> str:
    if before.declared != after.declared:
        return "its file has changed"
    if before.generation != after.generation:
        return f"generation {after.generation} now, {before.generation} when planned"
    if before.conference_sid != after.conference_sid:
        return "the conference is another one"
    if before.observed != after.observed:
        return "who is in the room, or how, has changed"
    if before.actions != after.actions:
        return "other actions are needed now"
    return ""

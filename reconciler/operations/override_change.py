"""Overrides of a room: planned first, then put on record."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from reconciler.model.declaration import (
    NORMAL,
    Declaration,
    Effective,
    Override,
    OverrideVerb,
)
from reconciler.model.errors import SettingError
from reconciler.model.policy import Policy
from reconciler.model.roster import Roster
from reconciler.operations.approver import require_approver
from reconciler.operations.evaluated_room import require_label, require_managed
from reconciler.operations.override_field import parse_fields, parted
from reconciler.operations.requester import Operator
from reconciler.planning.describe import quoted
from reconciler.planning.effective import effective, superseded
from reconciler.planning.override import Difference, differences, exposed, numbered
from reconciler.planning.override_fit import NOT_APPLIED, unfit
from reconciler.planning.roster_layers import STATE_FIELDS
from reconciler.store.queries.effective_rosters import Declared
from reconciler.store.queries.operator_decision import Decision
from reconciler.store.store import SqlStore

LONGEST_SECONDS = 10 * 366 * 86400.0
"""The longest time that an override may be given."""

Drafts = Callable[[Declaration, Override], list[Override]]
"""Makes overrides of a blank one, or refuses: SettingError."""


class Lasting(Struct, frozen=True):
    """How long an override counts, and why it is made."""

    seconds: float | None
    until: float | None
    reason: str

    def end(self, at: float) -> float | None:
        """When an override that is made at *at* ends; None: by ``unset``."""
        return self.until if self.seconds is None else at + self.seconds


class OverridePlan(Struct, frozen=True):
    """Overrides to make, those to take back, and the rosters before and after."""

    room: str
    at: float
    wanted: tuple[Override, ...]
    going: tuple[Override, ...]
    found: Declared
    before: Roster
    after: Roster

    @property
    def differences(self) -> tuple[Difference, ...]:
        """What becomes of the roster."""
        return differences(self.before, self.after)


class OverrideChange(Struct, frozen=True):
    """What came of a plan: overrides made or taken back, and what follows."""

    made: tuple[Override, ...]
    ended: tuple[Override, ...]
    differences: tuple[Difference, ...]


class OverrideRequest(Struct, frozen=True):
    """Who asks for overrides of which room, when, and under which policy."""

    room: str
    operator: Operator
    policy: Callable[[], Policy]
    at: float


async def plan_overrides(
    store: SqlStore, request: OverrideRequest, drafts: Drafts, lasts: Lasting
) -> OverridePlan:
    """What *drafts* would come to; SettingError if they cannot be made."""
    room, operator, at = request.room, request.operator, request.at
    blank = Override(
        0, room, OverrideVerb.START, at, lasts.end(at), operator.who, lasts.reason
    )
    declared = await read_managed(store, room, at)
    overrides = tuple(numbered(drafts(declared.declaration, blank), declared.overrides))
    before = effective(declared.declaration, declared.overrides, at)
    after = effective(declared.declaration, (*declared.overrides, *overrides), at)
    _require_fitting(before, after, overrides)
    require_exposing(before.roster, after.roster, operator, request.policy)
    return OverridePlan(room, at, overrides, (), declared, before.roster, after.roster)


async def make_overrides(store: SqlStore, plan: OverridePlan) -> OverrideChange:
    """Let the planned overrides count; SettingError if the room was released."""
    overrides = await store.add_overrides(
        [replace(x, id=0) for x in plan.wanted], plan.at
    )
    if not overrides:
        raise SettingError(f"'{plan.room}' was released in the meantime")
    older = plan.found.overrides
    ended = {x.id: x for new in overrides for x in superseded(older, new)}
    return OverrideChange(overrides, tuple(ended.values()), plan.differences)


async def plan_unset(
    store: SqlStore,
    request: OverrideRequest,
    chosen: Callable[[Override], bool],
    label: str | None = None,
) -> OverridePlan:
    """What taking back the *chosen* overrides would come to."""
    room, at = request.room, request.at
    declared = await read_managed(store, room, at)
    going = tuple(override for override in declared.overrides if chosen(override))
    if not going and label is not None:
        require_label(label, declared.declaration.roster)
    left = [override for override in declared.overrides if override not in going]
    before = effective(declared.declaration, declared.overrides, at).roster
    after = effective(declared.declaration, left, at).roster
    require_exposing(before, after, request.operator, request.policy)
    return OverridePlan(room, at, (), going, declared, before, after)


async def end_overrides(
    store: SqlStore, plan: OverridePlan, operator: Operator
) -> OverrideChange:
    """Take back the planned overrides."""
    ids = [override.id for override in plan.going]
    ended = await store.end_overrides(
        Decision(plan.room, plan.at, operator.who, operator.reason), ids
    )
    return OverrideChange((), ended, plan.differences)


async def read_managed(store: SqlStore, room: str, at: float) -> Declared:
    """What is declared of *room*; SettingError if nothing of it is carried out."""
    desired = await store.desired(room, at)
    if desired is not None:
        require_managed(room, desired)
    return (await store.declared([room], at))[room]


def _require_fitting(
    before: Effective, after: Effective, wanted: Iterable[Override]
) -> None:
    """SettingError where an override would not be applied because of *wanted*."""
    coaches = {
        x.labels[0]: x for x in wanted if x.fields[:1] and x.fields[0][0] == "coaching"
    }
    for origin in unfit(after.origins):
        room, fault = quoted(after.roster.room), origin.source.removeprefix(NOT_APPLIED)
        override = coaches.get(origin.label)
        if override is not None:
            target = quoted(str(override.fields[0][1]))
            raise SettingError(
                f"{fault[2:]}. Nothing was changed. End the other coaching first: "
                f"reconciler set {room} {target} coaching=false"
            )
        if origin not in unfit(before.origins):
            raise SettingError(
                f"{fault[2:]}. Nothing was changed. End the override of "
                f"'{origin.label}' first: "
                f"reconciler unset {room} {quoted(origin.label)} coaching"
            )


def require_exposing(
    before: Roster, after: Roster, operator: Operator, policy: Callable[[], Policy]
) -> None:
    """Whoever exposes more people than an edit may needs the policy's approval."""
    if len(exposed(before, after)) > after.limits.exposures:
        require_approver(policy(), operator.user, {"exposures"})


def set_drafts(words: Sequence[str]) -> Drafts:
    """Overrides of *words*: labels, then ``field=value``."""

    def drafts(declared: Declaration, blank: Override) -> Iterator[Override]:
        labels, texts = parted(words, declared.roster)
        _require_labels(labels, declared.roster)
        for label in labels:
            for each in parse_fields(texts, label, declared.roster):
                yield replace(
                    blank, verb=OverrideVerb.SET, labels=(label,), fields=(each,)
                )

    return lambda *given: list(drafts(*given))


def label_drafts(verb: OverrideVerb, labels: tuple[str, ...]) -> Drafts:
    """One override of *verb* for *labels*."""

    def draft(declared: Declaration, blank: Override) -> list[Override]:
        _require_labels(labels, declared.roster)
        return [replace(blank, verb=verb, labels=tuple(sorted(set(labels))))]

    return draft


def mode_drafts(room: str, name: str) -> Drafts:
    """One override that puts *room* into the mode *name*."""

    def draft(declared: Declaration, blank: Override) -> list[Override]:
        known = sorted({NORMAL, *(mode.name for mode in declared.modes)})
        if name not in known:
            raise SettingError(
                f"'{room}' has no mode '{name}': {_choice(known)}, or declare it under "
                "modes: in the roster file"
            )
        return [replace(blank, verb=OverrideVerb.MODE, mode=name)]

    return draft


def _choice(known: Sequence[str]) -> str:
    """What to write instead, of the words that are *known*."""
    return (
        f"write {known[0]}" if len(known) == 1 else f"write one of {', '.join(known)}"
    )


def _require_labels(labels: Iterable[str], roster: Roster) -> None:
    for label in labels:
        require_label(label, roster)


def undeclared(changes: Sequence[Difference]) -> Iterator[str]:
    """What of it the roster does not declare: which is restored afterwards."""
    for field in STATE_FIELDS:
        mine = [
            difference
            for difference in changes
            if difference.label and difference.field == field
        ]
        begins = [difference.label for difference in mine if difference.before is None]
        ended = [difference.label for difference in mine if difference.after is None]
        if begins:
            yield (
                f"The roster does not declare {field} of {', '.join(begins)}: when the "
                "override ends it becomes as it was before."
            )
        if ended:
            yield (
                f"The roster does not declare {field} of {', '.join(ended)}: it becomes "
                "as it was before the override."
            )

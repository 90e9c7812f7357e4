"""Requests to call members again, and answers about calls that were lost from sight."""

from collections.abc import Sequence

from msgspec import Struct

from reconciler.engine.desired_room import Desired, Standing
from reconciler.engine.ports import Clock
from reconciler.operations.evaluated_room import require_label, taking_back
from reconciler.operations.requester import Operator
from reconciler.operations.room_snapshot import Opening, RoomSnapshot, read_room
from reconciler.operations.standing_change import require_not_released
from reconciler.planning.describe import quoted
from reconciler.store.queries.operator_decision import Decision
from reconciler.store.store import SqlStore


class RedialAnswer(Struct, frozen=True):
    """What became of one label's redial, in words; ``person`` must act first."""

    label: str
    text: str
    requested: bool
    person: bool = False


class RedialChoice(Struct, frozen=True):
    """Whom to call again: ``labels``, or else ``which``: "all", "failed" or "left"."""

    labels: Sequence[str]
    which: str


async def redial_plan(
    store: SqlStore, room: str, opening: Opening, clock: Clock, choice: RedialChoice
) -> tuple[RoomSnapshot, dict[str, RedialAnswer | None]]:
    """The room, and of each label why it is not called again; None: it would be.

    Nothing is written.
    """
    desired = await store.desired(room, clock())
    require_not_released(room, desired)
    assert desired is not None  # noqa: S101 - the room is known
    for label in choice.labels:
        require_label(label, desired.roster)
    before = await read_room(store, room, opening, clock)
    chosen = choice.labels or before.absent(choice.which)
    return before, {label: _in_the_way(before, label) for label in chosen}


async def request_redials(
    store: SqlStore,
    before: RoomSnapshot,
    answers: dict[str, RedialAnswer | None],
    operator: Operator,
) -> list[RedialAnswer]:
    """Put on record that each label without an answer is to be called again."""
    for label, answer in answers.items():
        if answer is None:
            await store.redial(
                Decision(before.room, before.clock(), operator.who, operator.reason),
                label,
            )
    after = await before.again(store)
    return [
        answer or _requested(before.desired, after, label)
        for label, answer in answers.items()
    ]


def _in_the_way(before: RoomSnapshot, label: str) -> RedialAnswer | None:
    """Why nobody is called again: they are in, or their phone may ring already."""
    if state := before.present(label):
        note = f" (on record; {before.blind})" if before.blind else ""
        return RedialAnswer(label, f"{label} is {state}{note}; nothing to do.", False)
    if reason := before.undecided(label):
        return RedialAnswer(label, f"{label} was not redialed: {reason}", False, True)
    return None


def _requested(desired: Desired, after: RoomSnapshot, label: str) -> RedialAnswer:
    text = f"Redial requested for {label}."
    if desired.standing is Standing.PAUSED:
        room = quoted(desired.roster.room)
        text += f" The room is paused. To continue: reconciler resume {room}"
        return RedialAnswer(label, text, True, True)
    if after.blind:
        text += f" {after.blind}: people who are already in the room are not called."
        return RedialAnswer(label, text, True)
    if held := after.held_back(label):
        text += f" Not called yet: {_why(held.text)}"
        return RedialAnswer(label, text, True, held.person)
    return RedialAnswer(
        label, f"{text} The daemon or the next sync will place the call.", True
    )


def _why(text: str) -> str:
    """*text* without what the sentence says already."""
    return text.removeprefix("not called yet: ").removeprefix("not called: ")


async def after_not_placed(
    store: SqlStore, known: RoomSnapshot, labels: Sequence[str]
) -> dict[str, str]:
    """What becomes of each label whose call did not reach the phone, in words."""
    after = await known.again(store)
    return {label: _then(after, label) for label in labels}


def _then(after: RoomSnapshot, label: str) -> str:
    desired, room = after.desired, quoted(after.room)
    if desired.roster.member(label) is None:
        return f"not called again: the roster does not list {label}"
    if desired.standing is Standing.RELEASED:
        back = taking_back(after.room, desired)
        return f"not called again: the room is released. {back}"
    if desired.standing is Standing.PAUSED:
        how = f"reconciler resume {room}"
        return f"not called while the room is paused. To continue: {how}"
    if held := after.held_back(label):
        return f"not called yet: {_why(held.text)}"
    return "the daemon or the next sync will place the call"


async def resolve_calls(
    store: SqlStore,
    known: RoomSnapshot,
    labels: Sequence[str],
    operator: Operator,
    *,
    rung: bool,
) -> tuple[list[str], list[str]]:
    """The labels whose lost call was resolved, and sentences about the others."""
    resolved, others = list[str](), list[str]()
    for label in dict.fromkeys(labels):
        if await _resolve_one(store, known, label, operator, rung=rung):
            resolved.append(label)
        else:
            others.append(not_lost(known, label))
    return resolved, others


async def _resolve_one(
    store: SqlStore, known: RoomSnapshot, label: str, operator: Operator, *, rung: bool
) -> bool:
    return await store.resolve(
        Decision(known.room, known.clock(), operator.who, operator.reason),
        label,
        rung=rung,
        call_sid=known.unrecorded(label),
    )


def not_lost(known: RoomSnapshot, label: str) -> str:
    """Why there is nothing to resolve of *label*."""
    text = f"no call of '{label}' in '{known.room}' waits for a decision"
    if label not in known.ledger.records:
        names = ", ".join(known.ledger.records) or "nobody"
        return f"{text} (on record: {names})"
    if known.blind:
        return f"{text}, according to the records; {known.blind}"
    state = known.state(label)
    return f"{text}: {state}" if state else text

"""``reconciler redial`` and ``resolve``."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import click

from reconciler.bootstrap import now, person
from reconciler.cli.exit import WITHHELD
from reconciler.cli.room_snapshot import RoomSnapshot, read_room
from reconciler.cli.rooms import deciding, require_label, show, taking_back
from reconciler.engine.ports import Desired, Standing
from reconciler.model.errors import SettingError
from reconciler.planning.describe import quoted
from reconciler.store.store import SqlStore


@dataclass(frozen=True, slots=True)
class _Answer:
    """What became of one label's redial, in words; ``person`` must act first."""

    label: str
    text: str
    requested: bool
    person: bool = False


@click.command()
@click.argument("room")
@click.argument("labels", metavar="[LABEL...]", nargs=-1)
@click.option("--all", "everybody", is_flag=True, help="Everybody who is not in ROOM.")
@click.option(
    "--failed", is_flag=True, help="Everybody who was called and not reached."
)
@click.option("--left", is_flag=True, help="Everybody who has left.")
def redial(
    room: str, labels: tuple[str, ...], *, everybody: bool, failed: bool, left: bool
) -> int:
    """Ask for each LABEL in ROOM to be called again, whatever the last call came to.

    The daemon places the calls at once, else the next 'reconciler sync'. Attempts
    are counted from the start. Nobody is called who is in the room or whose phone
    rings. Exits with 4 if something that only a person can decide keeps a call back.
    """
    chosen = [labels, everybody, failed, left]
    if sum(map(bool, chosen)) != 1:
        raise click.UsageError("name LABELs, or one of --all, --failed and --left")
    which = "all" if everybody else "failed" if failed else "left" if left else ""
    answers = asyncio.run(_redial(room, labels, which))
    who = person()
    for each in answers:
        show(
            each.text,
            conference=room,
            label=each.label,
            decision="redial" if each.requested else None,
            requested=each.requested,
            message=each.text,
            by=who,
        )
    if not answers:
        show(_nobody(which, room), conference=room, label=None, requested=False)
    return WITHHELD if any(each.person for each in answers) else 0


def _nobody(which: str, room: str) -> str:
    return {
        "left": f"Nobody in {room} has left; nothing to do.",
        "failed": f"No call in {room} failed; nothing to do.",
    }.get(which, f"Everybody in {room} is connected or being called; nothing to do.")


async def _redial(room: str, labels: Sequence[str], which: str) -> list[_Answer]:
    async with deciding(room) as store:
        desired = await store.desired(room, now())
        if desired is None or desired.standing is Standing.RELEASED:
            raise SettingError(_released(room, desired))
        for label in labels:
            require_label(label, desired.roster)
        before = await read_room(store, room)
        chosen = labels or before.absent(which)
        answers = {label: _in_the_way(before, label) for label in chosen}
        for label, answer in answers.items():
            if answer is None:
                await store.redial(room, label, now=now(), cause=person())
        after = await before.again(store)
        return [
            answer or _requested(desired, after, label)
            for label, answer in answers.items()
        ]


def _released(room: str, desired: Desired | None) -> str:
    back = taking_back(room, desired) if desired else ""
    return f"'{room}' was released. {back}"


def _in_the_way(before: RoomSnapshot, label: str) -> _Answer | None:
    """Why nobody is called again: they are in, or their phone may ring already."""
    if state := before.present(label):
        note = f" (on record; {before.blind})" if before.blind else ""
        return _Answer(label, f"{label} is {state}{note}; nothing to do.", False)
    if reason := before.undecided(label):
        return _Answer(label, f"{label} was not redialed: {reason}", False, True)
    return None


def _requested(desired: Desired, after: RoomSnapshot, label: str) -> _Answer:
    text = f"Redial requested for {label}."
    if desired.standing is Standing.PAUSED:
        room = quoted(desired.roster.room)
        text += f" The room is paused. To continue: reconciler resume {room}"
        return _Answer(label, text, True, True)
    if after.blind:
        text += f" {after.blind}: people who are already in the room are not called."
        return _Answer(label, text, True)
    if held := after.held_back(label):
        return _Answer(label, f"{text} Not called yet: {held.text}", True, held.person)
    return _Answer(
        label, f"{text} The daemon or the next sync will place the call.", True
    )


class _Either(click.Option):
    """A flag that has to be given one way or the other: both are named."""

    def get_error_hint(self, ctx: click.Context | None) -> str:  # noqa: ARG002 - click's
        return " / ".join(f"'{each}'" for each in (*self.opts, *self.secondary_opts))


@click.command()
@click.argument("room")
@click.argument("labels", metavar="[LABEL...]", nargs=-1)
@click.option(
    "--all", "everybody", is_flag=True, help="Every call that waits for a decision."
)
@click.option(
    "--rung/--not-rung",
    cls=_Either,
    required=True,
    help="Whether the call reached the phone.",
)
def resolve(room: str, labels: tuple[str, ...], *, everybody: bool, rung: bool) -> None:
    """Say whether calls that were lost from sight reached each LABEL's phone.

    A call whose answer never came, or of which Twilio has no record, is looked
    for; when nothing is found it is kept for a person, since to call again could
    be to ring twice. --rung: nobody is called again by itself. --not-rung: the
    daemon or the next sync calls LABEL.
    """
    if bool(labels) == everybody:
        raise click.UsageError("name LABELs, or --all")
    resolved, others = asyncio.run(_resolve(room, labels, rung=rung))
    then = (
        "the call reached the phone; not called again automatically"
        if rung
        else "the daemon or the next sync will place the call"
    )
    who = person()
    for label in resolved:
        show(
            f"Resolved {label} in {room}: {then}.",
            conference=room,
            label=label,
            decision="rung" if rung else "not-rung",
            by=who,
        )
    if everybody and not resolved:
        show(f"No call in {room} waits for a decision.", conference=room, label=None)
    if others:
        raise SettingError("\n".join(others))


async def _resolve(
    room: str, labels: Sequence[str], *, rung: bool
) -> tuple[list[str], list[str]]:
    """The labels that were resolved, and sentences about the others."""
    resolved, others = list[str](), list[str]()
    async with deciding(room) as store:
        known = await read_room(store, room)
        for label in dict.fromkeys(labels or known.lost):
            if await _resolve_one(store, known, label, rung=rung):
                resolved.append(label)
            else:
                others.append(_not_lost(known, label))
    return resolved, others


async def _resolve_one(
    store: SqlStore, known: RoomSnapshot, label: str, *, rung: bool
) -> bool:
    return await store.resolve(
        known.room,
        label,
        rung=rung,
        now=now(),
        cause=person(),
        call_sid=known.unrecorded(label),
    )


def _not_lost(known: RoomSnapshot, label: str) -> str:
    text = f"no call of '{label}' in '{known.room}' waits for a decision"
    if label not in known.ledger.records:
        names = ", ".join(known.ledger.records) or "nobody"
        return f"{text} (on record: {names})"
    if known.blind:
        return f"{text}, according to the records; {known.blind}"
    state = known.state(label)
    return f"{text}: {state}" if state else text

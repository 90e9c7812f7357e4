"""``reconciler redial`` and ``resolve``."""

import asyncio
from collections.abc import Sequence

import click
from msgspec import Struct

from reconciler.bootstrap import now, person
from reconciler.bootstrap.environment import operator
from reconciler.cli.decision_session import deciding, looking, show
from reconciler.cli.parameter_object import taking
from reconciler.cli.reason_option import reason_option
from reconciler.model.errors import SettingError
from reconciler.model.exit_code import CREDENTIALS, WITHHELD
from reconciler.operations.redial_request import (
    RedialAnswer,
    RedialChoice,
    after_not_placed,
    redial_plan,
    request_redials,
    resolve_calls,
)
from reconciler.operations.requester import Operator
from reconciler.operations.room_snapshot import read_room


class RedialArguments(Struct, frozen=True):
    """The command line."""

    room: str
    labels: tuple[str, ...]
    everybody: bool
    failed: bool
    left: bool
    reason: str | None


@click.command()
@click.argument("room")
@click.argument("labels", metavar="[LABEL...]", nargs=-1)
@click.option("--all", "everybody", is_flag=True, help="Everybody who is not in ROOM.")
@click.option(
    "--failed", is_flag=True, help="Everybody who was called and not reached."
)
@click.option("--left", is_flag=True, help="Everybody who has left.")
@reason_option
@taking(RedialArguments)
def redial(arguments: RedialArguments) -> int:
    """Ask for each LABEL in ROOM to be called again, regardless of the last outcome.

    The daemon places the calls at once, else the next 'reconciler sync'. The
    attempt counter is reset. Nobody is called who is in the room or whose phone
    rings. Exits with 4 if a call needs a decision first.
    """
    chosen = [arguments.labels, arguments.everybody, arguments.failed, arguments.left]
    if sum(map(bool, chosen)) != 1:
        raise click.UsageError("name LABELs, or one of --all, --failed and --left")
    which = (
        "all"
        if arguments.everybody
        else "failed"
        if arguments.failed
        else "left"
        if arguments.left
        else ""
    )
    answers, refused = asyncio.run(
        _redial(arguments.room, arguments.labels, which, operator(arguments.reason))
    )
    who = person()
    for redial_answer in answers:
        show(
            redial_answer.text,
            conference=arguments.room,
            label=redial_answer.label,
            decision="redial" if redial_answer.requested else None,
            requested=redial_answer.requested,
            message=redial_answer.text,
            by=who,
        )
    if not answers:
        text = _nobody(which, arguments.room)
        show(
            text,
            conference=arguments.room,
            label=None,
            decision=None,
            requested=False,
            message=text,
            by=who,
        )
    if refused:
        return CREDENTIALS
    return WITHHELD if any(redial_answer.person for redial_answer in answers) else 0


def _nobody(which: str, room: str) -> str:
    return {
        "left": f"Nobody in {room} has left; nothing to do.",
        "failed": f"No call in {room} failed; nothing to do.",
    }.get(which, f"Everybody in {room} is connected or being called; nothing to do.")


async def _redial(
    room: str, labels: Sequence[str], which: str, who: Operator
) -> tuple[list[RedialAnswer], bool]:
    """What became of each label, and whether Twilio refused our credentials."""
    async with deciding(room) as store:
        choice = RedialChoice(labels, which)
        before, answers = await redial_plan(
            store, room, lambda: looking(room), now, choice
        )
        done = await request_redials(store, before, answers, who)
        return done, before.refused


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
@reason_option
def resolve(
    room: str,
    labels: tuple[str, ...],
    *,
    everybody: bool,
    rung: bool,
    reason: str | None,
) -> None:
    """Record whether an unconfirmed call reached each LABEL's phone.

    A call whose answer never came, or of which Twilio has no record, is searched
    for; if it is not found, an operator decides, because calling again could ring
    the phone twice. --rung: LABEL is not called again automatically. --not-rung: the
    daemon or the next sync calls LABEL.
    """
    if bool(labels) == everybody:
        raise click.UsageError("name LABELs, or --all")
    resolved, others = asyncio.run(_resolve(room, labels, operator(reason), rung=rung))
    who = person()
    for label, then in resolved.items():
        show(
            f"Resolved {label} in {room}: {then}.",
            conference=room,
            label=label,
            decision="rung" if rung else "not-rung",
            by=who,
        )
    if everybody and not resolved:
        text = f"No call in {room} waits for a decision."
        show(text, conference=room, label=None, decision=None, by=who)
    if others:
        raise SettingError("\n".join(others))


async def _resolve(
    room: str, labels: Sequence[str], who: Operator, *, rung: bool
) -> tuple[dict[str, str], list[str]]:
    """The labels that were resolved with what follows, and sentences about others."""
    async with deciding(room) as store:
        room_snapshot = await read_room(store, room, lambda: looking(room), now)
        chosen = labels or room_snapshot.lost
        done, others = await resolve_calls(store, room_snapshot, chosen, who, rung=rung)
        if rung:
            return dict.fromkeys(done, _REACHED), others
        return await after_not_placed(store, room_snapshot, done), others


_REACHED = "the call reached the phone; not called again automatically"

"""``reconciler approve``: approve what is withheld in a room, once."""

import asyncio

import click
from msgspec import Struct

from reconciler.bootstrap.environment import operator
from reconciler.cli.confirmation import confirmed
from reconciler.cli.decision_session import deciding, looking, require_known, show
from reconciler.cli.duration_option import DURATION
from reconciler.cli.moment_text import moment
from reconciler.cli.options import current
from reconciler.cli.output import echo
from reconciler.cli.parameter_object import taking
from reconciler.cli.reason_option import REASON
from reconciler.cli.text import action_line, heading, withheld_line
from reconciler.model.exit_code import WITHHELD
from reconciler.operations.approval_offer import (
    ApprovalOffer,
    NamedApproval,
    grant_approval,
    offer_approval,
    options_needed,
)
from reconciler.planning.describe import quoted
from reconciler.planning.guards import KINDS
from reconciler.planning.serialize import action_data


class ApproveArguments(Struct, frozen=True):
    """The command line."""

    room: str
    seconds: float
    reason: str
    named: tuple[str, ...]
    redials: bool
    yes: bool


@click.command()
@click.argument("room")
@click.option(
    "--for",
    "seconds",
    type=DURATION,
    default="10m",
    show_default=True,
    help="How long the approval is valid.",
)
@click.option(
    "--reason",
    type=REASON,
    default="approved",
    help="Reason, recorded with the approval.",
)
@click.option(
    "--protected",
    "named",
    metavar="LABEL",
    multiple=True,
    help="Also remove this protected member; repeatable.",
)
@click.option(
    "--redials",
    is_flag=True,
    help="Also redial members who need it, one at a time.",
)
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@taking(ApproveArguments)
def approve(arguments: ApproveArguments) -> int:
    """Approve what is withheld in ROOM now, once.

    Shows what would be done, and asks. The approval covers the people and changes that
    are shown, also when some of them hang up first. It ends when all of it is done, or
    when its time is over. Edits and overrides about others leave it as it is. It ends
    for a person when their roster entry changes. Where more is withheld of one kind
    (removals, rings, exposures, flapping), that kind waits for another approval. A
    member who needs a redial is covered with --redials, and the removal of a protected
    one where --protected names them. Nothing is sent to Twilio: the daemon acts, or the
    next sync.
    """
    if not arguments.seconds:
        raise click.BadParameter(
            "the time of an approval must be more than 0", param_hint="--for"
        )
    offer = asyncio.run(
        _look(
            arguments.room,
            arguments.seconds,
            arguments.reason,
            NamedApproval(arguments.named, arguments.redials),
        )
    )
    require_known(arguments.room, offer.plan.unknown)
    if not offer.plan.withheld:
        live = f"reconciler status {quoted(arguments.room)} --live"
        text = (
            f"Nothing is withheld in {arguments.room}. To see it as it is now: {live}"
        )
        _show(offer, text, approved=False)
        return 0
    if not current().json:
        _describe(offer)
    if not offer.covered:
        needed = options_needed(offer.plan)
        text = f"Nothing that is withheld in {arguments.room} can be approved{needed}."
        _show(offer, text, approved=False)
        return WITHHELD
    return _decide(arguments.room, offer, yes=arguments.yes)


def _decide(room: str, offer: ApprovalOffer, *, yes: bool) -> int:
    """Ask, and put the approval on record; the exit code."""
    if not yes and not confirmed("Apply these actions?", "approve"):
        _show(offer, "Not approved.", approved=False)
        return WITHHELD
    if not asyncio.run(_grant(room, offer)):
        text = f"Not approved: the roster of {room} has changed in the meantime."
        _show(offer, text, approved=False)
        return WITHHELD
    until = moment(offer.approval.expires_at)
    _show(offer, f"Approved until {until}: {offer.kinds}.", approved=True)
    return 0


async def _look(
    room: str, seconds: float, reason: str, named: NamedApproval
) -> ApprovalOffer:
    async with looking(room) as shop:
        return await offer_approval(shop, room, operator(reason), named, seconds)


def _describe(offer: ApprovalOffer) -> None:
    color = current().color
    echo(heading(offer.seen.evaluation), color=color)
    for withheld in offer.plan.withheld:
        echo(
            withheld_line(withheld.action, withheld.guard, withheld.reason), color=color
        )
    if offer.covered:
        click.echo(f"These actions would be carried out ({offer.kinds}):")
    for action in offer.actions:
        echo(action_line(action), color=color)


async def _grant(room: str, offer: ApprovalOffer) -> bool:
    async with deciding(room) as store:
        return await grant_approval(store, room, offer)


def _show(offer: ApprovalOffer, text: str, *, approved: bool) -> None:
    show(
        text,
        conference=offer.seen.evaluation.room,
        conference_sid=getattr(offer.plan.conference, "sid", None),
        generation=offer.seen.desired.generation,
        approved=approved,
        fingerprint=offer.approval.fingerprint if approved else None,
        expires_at=offer.approval.expires_at if approved else None,
        reason=offer.approval.reason,
        by=offer.approval.who,
        kinds=sorted({KINDS[withheld.guard] for withheld in offer.covered}),
        actions=[action_data(action) for action in offer.actions],
    )

"""``reconciler approve``: approve what is withheld in a room, once."""

import asyncio
import sys
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

import click

from reconciler.bootstrap import person
from reconciler.bootstrap.command_session import CommandSession, command_session
from reconciler.cli.approver import require_approver
from reconciler.cli.command_settings import command_settings
from reconciler.cli.duration_option import DURATION
from reconciler.cli.exit import UNREACHABLE, WITHHELD
from reconciler.cli.options import current
from reconciler.cli.output import echo
from reconciler.cli.reason_option import REASON
from reconciler.cli.rooms import (
    EvaluatedRoom,
    deciding,
    moment,
    require_managed,
    see,
    show,
    with_approval,
)
from reconciler.cli.text import action_line, heading, withheld_line
from reconciler.model.action import Action
from reconciler.model.errors import SettingError
from reconciler.model.ledger import Approval, GuardKind
from reconciler.planning.approval import (
    approved_by_name,
    fingerprint,
    names_of,
    needed_redials,
    protected_labels,
    scope_of,
)
from reconciler.planning.describe import quoted
from reconciler.planning.guards import KINDS
from reconciler.planning.permission import kind_of
from reconciler.planning.plan import Plan, Withheld
from reconciler.planning.serialize import action_data


@dataclass(frozen=True, slots=True)
class _Offer:
    """A withheld plan and what its approval would add to what is done."""

    seen: EvaluatedRoom
    approval: Approval
    at: float
    actions: tuple[Action, ...]
    covered: tuple[Withheld, ...]


@dataclass(frozen=True, slots=True)
class _Named:
    """What an approval covers only where the command says so."""

    protected: tuple[str, ...]
    redials: bool


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
def approve(
    room: str,
    *,
    seconds: float,
    reason: str,
    named: tuple[str, ...],
    redials: bool,
    yes: bool,
) -> int:
    """Approve what is withheld in ROOM now, once.

    Shows what would be done, and asks. The approval covers the people and
    changes that are shown, also when some of them hang up first. It ends when
    all of it is done, when the roster changes, or when its time is over; where
    more is withheld of one kind (removals, rings, exposures, flapping), that
    kind waits for another approval. A member who needs a redial is
    covered with --redials, and the removal of a protected one where --protected
    names them.
    Nothing is sent to Twilio: the daemon acts, or the next sync.
    """
    if not seconds:
        raise click.BadParameter(
            "the time of an approval must be more than 0", param_hint="--for"
        )
    offer = asyncio.run(_look(room, seconds, reason, _Named(named, redials)))
    plan = offer.seen.look.plan
    if plan.unknown is not None:
        echo(heading(offer.seen.look), err=True)
        return UNREACHABLE
    if not plan.withheld:
        _show(offer, f"Nothing is withheld in {room}.", approved=False)
        return 0
    if not current().json:
        _describe(offer)
    if not offer.covered:
        text = f"Nothing that is withheld in {room} can be approved{_unnamed(offer)}."
        _show(offer, text, approved=False)
        return WITHHELD
    if not yes and not _agreed():
        _show(offer, "Not approved.", approved=False)
        return WITHHELD
    if not asyncio.run(_grant(room, offer)):
        echo(f"error: the roster of {room} has changed in the meantime", err=True)
        return WITHHELD
    until = moment(offer.approval.expires_at)
    _show(offer, f"Approved until {until}: {_kinds(offer)}.", approved=True)
    return 0


async def _look(room: str, seconds: float, reason: str, named: _Named) -> _Offer:
    of = command_settings()
    async with command_session(of, read_only=True) as shop:
        (found,) = await see(shop, room)
        seen = with_approval(found, None, shop.authority)
        require_managed(room, seen.desired)
        _require_protected(seen, named.protected)
        covered = approved_by_name(seen.look.plan, named.protected)
        covered += needed_redials(seen.look.plan) if named.redials else ()
        kinds = {kind_of(each.action) for each in covered}
        require_approver(shop.policy, kinds)
        return _offer(shop, seen, seconds, reason, covered)


def _require_protected(seen: EvaluatedRoom, named: Collection[str]) -> None:
    known = protected_labels(seen.look.plan)
    strange = sorted(set(named) - known)
    if strange:
        there = ", ".join(sorted(known)) or "nobody"
        raise SettingError(
            f"no removal of {', '.join(strange)} is withheld by protection in "
            f"'{seen.look.room}', but that of {there}"
        )


def _unnamed(offer: _Offer) -> str:
    """What a command must say, where nothing else is withheld."""
    plan = offer.seen.look.plan
    labels = sorted(protected_labels(plan))
    options = [f"--protected {quoted(label)}" for label in labels]
    options += ["--redials"] if needed_redials(plan) else []
    return f" without {' '.join(options)}" if options else ""


def _offer(
    shop: CommandSession,
    seen: EvaluatedRoom,
    seconds: float,
    reason: str,
    covered: tuple[Withheld, ...],
) -> _Offer:
    """What the approval would allow, made as the loop will make it."""
    at, plan = shop.clock(), seen.look.plan
    approval = approval_of(plan, covered, shop.account_sid, reason, at + seconds)
    supposed = with_approval(seen, approval, shop.authority).look.plan
    if covered and not supposed.approval_use.kinds:
        raise SettingError(
            f"what is withheld in '{seen.look.room}' cannot be approved: carrying it "
            "out would call or remove others too"
        )
    added = tuple(each for each in supposed.actions if each not in plan.actions)
    return _Offer(seen, approval, at, added, covered)


def approval_of(
    plan: Plan,
    covered: tuple[Withheld, ...],
    account_sid: str,
    reason: str,
    expires_at: float,
) -> Approval:
    """The approval, by who runs this, of what is *covered* of a plan."""
    return Approval(
        fingerprint(plan, account_sid),
        reason,
        person(),
        expires_at,
        names_of((x.action for x in covered), scope_of(plan, account_sid)),
    )


def _describe(offer: _Offer) -> None:
    color = current().color
    echo(heading(offer.seen.look), color=color)
    for each in offer.seen.look.plan.withheld:
        echo(withheld_line(each.action, each.guard, each.reason), color=color)
    if offer.covered:
        click.echo(f"These actions would be carried out ({_kinds(offer)}):")
    for action in offer.actions:
        echo(action_line(action), color=color)


def _kinds(offer: _Offer) -> str:
    """What is approved, in numbers: ``2 removals, 1 ring``."""
    counts = Counter(KINDS[each.guard] for each in offer.covered)
    return ", ".join(
        f"{counts[kind]} {_ONE[kind] if counts[kind] == 1 else _MANY[kind]}"
        for kind in GuardKind
        if counts[kind]
    )


_ONE = {
    GuardKind.REMOVALS: "removal",
    GuardKind.RINGS: "ring",
    GuardKind.EXPOSURES: "exposure",
    GuardKind.FLAPPING: "change of a field that flaps",
    GuardKind.PROTECTED: "removal of a protected member",
    GuardKind.REDIALS: "redial",
}
_MANY = {
    GuardKind.REMOVALS: "removals",
    GuardKind.RINGS: "rings",
    GuardKind.EXPOSURES: "exposures",
    GuardKind.FLAPPING: "changes of fields that flap",
    GuardKind.PROTECTED: "removals of protected members",
    GuardKind.REDIALS: "redials",
}


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise click.UsageError(
            "standard input is not a terminal; pass --yes to approve without a prompt"
        )
    question = "Apply these actions? Only 'yes' is accepted"
    answer: str = click.prompt(question, default="no", err=True)
    return answer.strip() == "yes"


async def _grant(room: str, offer: _Offer) -> bool:
    async with deciding(room) as store:
        return await store.grant(
            room,
            offer.approval,
            generation=offer.seen.desired.generation,
            now=offer.at,
        )


def _show(offer: _Offer, text: str, *, approved: bool) -> None:
    show(
        text,
        conference=offer.seen.look.room,
        conference_sid=getattr(offer.seen.look.plan.conference, "sid", None),
        generation=offer.seen.desired.generation,
        approved=approved,
        fingerprint=offer.approval.fingerprint if approved else None,
        expires_at=offer.approval.expires_at if approved else None,
        reason=offer.approval.reason,
        by=offer.approval.who,
        kinds=sorted({KINDS[each.guard] for each in offer.covered}),
        actions=[action_data(each) for each in offer.actions],
    )

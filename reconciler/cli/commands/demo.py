"""``reconciler demo``: a self-contained demonstration on this machine."""

import asyncio
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from msgspec import Struct
from msgspec.structs import replace

from reconciler.bootstrap import now
from reconciler.bootstrap.command_session import CommandSession, command_session
from reconciler.cli.options import current
from reconciler.cli.output import echo
from reconciler.cli.progress import ProgressView, progress
from reconciler.cli.templates import templates_folder
from reconciler.cli.text import heading
from reconciler.engine.room.evaluation import RoomPhase
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.files import load
from reconciler.model.roster import Cause, Member, Redial, Roster
from reconciler.settings import Settings
from reconciler.simulator.exchange.exchange import Exchange
from reconciler.simulator.local_server import running

SPEED = 20.0
"""Calls per second at the demonstration's exchange."""

WAIT_SECONDS = 15.0
"""Seconds for which each act is followed."""


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH...]")
def demo(paths: tuple[str, ...]) -> int:
    """Watch rooms converge without an account or a network.

    Starts a local Twilio, loads the example rosters (or those of PATH), rings
    everybody, lets somebody unmute themselves and a caller drop, repairs both
    and ends by itself. Nothing is kept.
    """
    rosters = load([Path(each) for each in paths or (templates_folder(),)], os.environ)
    with TemporaryDirectory(prefix="reconciler-demo-") as folder:
        return asyncio.run(_run([_hasty(roster) for roster in rosters.rosters], folder))


def _hasty(roster: Roster) -> Roster:
    """The roster with redials that fit a demonstration's time."""
    quick = Redial(on=tuple(Cause), attempts=5, backoff=1.0)
    return replace(
        roster,
        members=tuple(replace(member, redial=quick) for member in roster.members),
    )


async def _run(rosters: Sequence[Roster], folder: str) -> int:
    exchange = Exchange(now, calls_per_second=SPEED)
    async with running(exchange) as url:
        of = Settings(
            database_url=f"sqlite:///{folder}/demo.db",
            desired="desired",
            calls_per_second=SPEED,
            twilio_url=url,
            account_sid=exchange.account.sid,
            auth_token=exchange.account.token,
        )
        async with command_session(of, read_only=False) as shop:
            stage = _Stage(exchange, shop, rosters, url)
            return await stage.play()


class _Stage(Struct, frozen=True):
    """The exchange, the product, and the rosters to be played."""

    exchange: Exchange
    shop: CommandSession
    rosters: Sequence[Roster]
    url: str

    async def play(self) -> int:
        people = sum(len(roster.members) for roster in self.rosters)
        self._say(f"Simulated Twilio API at {self.url}; no real phone is called.")
        await self.shop.store.load(
            self.rosters, folder=None, now=self.shop.clock(), cause="demo"
        )
        await self._act(f"Converging {len(self.rosters)} rooms, {people} people.")
        self._unmute_somebody()
        await self._act("Reconciling again: it is corrected.")
        self._drop_somebody()
        await self._act("Reconciling again: the redial policy calls again.")
        writes = len(self.exchange.history.writes)
        passes = await self._act("Reconciling once more: nothing has drifted.")
        quiet = len(self.exchange.history.writes) == writes
        return self._sum_up(passes, quiet=quiet)

    async def _act(self, title: str) -> dict[str, ReconcileResult]:
        self._begin(title)
        view: ProgressView = progress(
            self.shop.clock,
            self.shop.limiter.eta,
            color=current().color,
            quiet=False,
            err=False,
        )
        with view:
            following = self.shop.following(
                self.shop.pass_options("demo"),
                report=view.report,
                stopping=lambda: False,
                sleep=asyncio.sleep,
            )
            return await following.follow(
                [roster.room for roster in self.rosters],
                within=WAIT_SECONDS,
                stopping=lambda: False,
            )

    def _unmute_somebody(self) -> None:
        muted = [
            member for member in self._members() if member.muted and not member.coaching
        ]
        if muted:
            self._begin(f"Somebody unmutes {muted[0].label} by hand.")
            self.exchange.change(_bare(muted[0]), {"Muted": ("false",)})

    def _drop_somebody(self) -> None:
        safe = [
            member
            for member in self._members()
            if not member.end_conference_on_exit and not member.hold
        ]
        if safe:
            self._begin(f"{safe[-1].label} loses the connection.")
            self.exchange.hang_up(_bare(safe[-1]))

    def _members(self) -> list[Member]:
        return [member for roster in self.rosters for member in roster.members]

    def _sum_up(self, passes: dict[str, ReconcileResult], *, quiet: bool) -> int:
        self._say("")
        for result in passes.values():
            echo(heading(result.evaluation), color=current().color)
        rings = Counter(ring.label for ring in self.exchange.history.rings)
        writes = Counter(str(write.method) for write in self.exchange.history.writes)
        click.echo(
            f"{sum(rings.values())} calls placed, {sum(writes.values())} writes in all, "
            f"{'none' if quiet else 'some'} in the last pass. Next: reconciler init, "
            "then reconciler sync."
        )
        good = all(made.state is RoomPhase.CONVERGED for made in passes.values())
        return 0 if good and quiet else 1

    def _begin(self, title: str) -> None:
        self._say("")
        self._say(title)

    def _say(self, line: str) -> None:
        echo(line)


def _bare(member: Member) -> str:
    return member.to.partition("?")[0]

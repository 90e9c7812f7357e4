"""``reconciler exposure``: who was heard in a room by more than was declared, and why."""

import asyncio
from collections.abc import Iterator
from typing import Any

import click

from reconciler.bootstrap import now
from reconciler.cli.command_settings import command_settings
from reconciler.cli.duration_option import DURATION
from reconciler.cli.json_output import print_json
from reconciler.cli.moment_text import moment
from reconciler.cli.options import current
from reconciler.cli.output import echo
from reconciler.model.masking import mask
from reconciler.model.recorded_observation import Audience, LegInterval, OverheardCause
from reconciler.operations.exposure_report import ExposureReport, exposure_report
from reconciler.planning.describe import quoted
from reconciler.planning.exposure_ledger import PersonExposure, seconds
from reconciler.planning.serialize import FORMAT_VERSION
from reconciler.store.opening import open_reader

_WORDS = {
    OverheardCause.UNTIL_SEEN: "until seen",
    OverheardCause.UNTIL_CORRECTED: "until corrected",
    OverheardCause.WITHHELD: "because a guard withholds the correction",
    OverheardCause.REFUSED: "because Twilio refused",
    OverheardCause.NOT_TAKEN: "because Twilio kept the old value",
    OverheardCause.DELAYED: "because Twilio asked to wait",
    OverheardCause.UNANSWERED: "without an answer from Twilio",
    OverheardCause.PAUSED: "while the room was paused",
}


@click.command()
@click.argument("room")
@click.option(
    "--since",
    type=DURATION,
    default="1h",
    show_default=True,
    metavar="AGE",
    help="How far back to look, such as 2h or 90d.",
)
@click.option(
    "--all", "everybody", is_flag=True, help="Show also who was heard as declared."
)
def exposure(room: str, *, since: float, everybody: bool) -> None:
    """Show who was audible in ROOM while declared muted, on hold or coaching, and why.

    Reads the database alone: what daemons and syncs observed, for 90 days. Time until
    seen counts from when a webhook dates the change. Without one it counts from the
    observation before, so it is an upper bound.
    """
    at = now()

    async def run() -> ExposureReport:
        async with await open_reader(command_settings().database_url) as store:
            return await exposure_report(store, room, at - since, at)

    report = asyncio.run(run())
    if current().json:
        print_json(_data(report))
        return
    for line in _lines(report, everybody=everybody):
        echo(mask(line))


def _lines(report: ExposureReport, *, everybody: bool) -> Iterator[str]:
    room = report.room
    if report.observed_at is None:
        yield f"{room} was never observed. To observe it: reconciler sync"
        return
    people = [each for each in report.people if each.overheard]
    if not people:
        yield (
            f"{room}: nobody was audible beyond what is declared since "
            f"{moment(report.since)}"
        )
    for each in people:
        yield overheard_line(each, report)
    for each in report.people if everybody else ():
        if not each.overheard:
            yield f"{each.label} was audible for {_time(each.audible_seconds)}, as declared"
    if report.observed_at < report.until - 60.0:
        yield (
            f"{room} was last observed {moment(report.observed_at)}; nothing is known "
            f"since. To ask Twilio: reconciler status {quoted(room)} --live"
        )


def overheard_line(person: PersonExposure, report: ExposureReport) -> str:
    """``bob was audible for 14 s while declared muted: 3 s until seen, …``."""
    causes = ", ".join(
        f"{_time(length)} {_WORDS[cause]}"
        for cause, length in person.overheard_seconds.items()
    )
    declared = _declared(person, report)
    total = _time(person.overheard)
    return f"{person.label} was audible for {total} while {declared}: {causes}"


def _declared(person: PersonExposure, report: ExposureReport) -> str:
    if person.permitted is Audience.TARGET:
        return "declared to coach"
    member = report.roster.member(person.label)
    if member is None:
        return "not to be heard"
    if member.muted or not member.hold:
        return "declared muted" if member.muted else "declared muted or on hold"
    return "declared on hold"


def _time(length: float) -> str:
    return f"{length:.1f} s" if length < 10.0 else f"{length:.0f} s"  # noqa: PLR2004


def _data(report: ExposureReport) -> dict[str, Any]:
    return {
        "format_version": FORMAT_VERSION,
        "conference": report.room,
        "since": report.since,
        "until": report.until,
        "observed_at": report.observed_at,
        "people": [
            {
                "label": mask(each.label),
                "audible_seconds": round(each.audible_seconds, 3),
                "overheard_seconds": round(each.overheard, 3),
                "causes": {
                    str(cause): round(length, 3)
                    for cause, length in each.overheard_seconds.items()
                },
            }
            for each in report.people
        ],
        "intervals": [_interval(interval) for interval in report.intervals],
    }


def _interval(each: LegInterval) -> dict[str, Any]:
    return {
        "label": mask(each.label),
        "call_sid": each.call_sid,
        "begins_at": each.begins_at,
        "ends_at": each.ends_at,
        "seconds": round(seconds(each), 3),
        "audience": str(each.audience),
        "permitted": str(each.permitted),
        "muted": each.muted,
        "hold": each.hold,
        "coaching": each.coaching,
        "cause": str(each.cause) if each.cause else None,
    }

"""``reconciler play``: the deterministic simulation."""

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from msgspec import Struct

from reconciler.cli.file_replacement import replace_file
from reconciler.cli.json_output import print_json
from reconciler.cli.options import current
from reconciler.cli.output import echo
from reconciler.cli.parameter_object import taking
from reconciler.cli.play_text import (
    campaign_data,
    campaign_lines,
    run_data,
    run_lines,
)
from reconciler.model.errors import SettingError
from reconciler.model.exit_code import FAILED
from reconciler.play.campaign import Family, play_seeds, reached_states, seeds_of
from reconciler.play.event_list import (
    Event,
    as_struck,
    events_of,
    read_scenario,
    written,
)
from reconciler.play.scenarios.generate import make_scenario
from reconciler.play.scenarios.scenario import Scenario
from reconciler.play.seed_result import SeedResult, judged, trace
from reconciler.play.shrinking import NothingBroken, shrink
from reconciler.play.world.run import Report


class PlayArguments(Struct, frozen=True):
    """The command line."""

    file: Path | None
    seeds: int
    first: int
    seed: int | None
    family: str
    explain: bool
    log: bool
    shrinks: bool
    save: Path | None
    jobs: int | None


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--seeds",
    type=click.IntRange(1),
    default=1000,
    show_default=True,
    help="How many seeds to play.",
)
@click.option(
    "--first",
    type=click.IntRange(0),
    default=0,
    help="The first of them.  [default: 0]",
)
@click.option("--seed", type=click.IntRange(0), help="Play this seed alone.")
@click.option(
    "--family",
    type=click.Choice([str(each) for each in Family]),
    default=str(Family.MIXED),
    show_default=True,
    help="Kinds of seeds: with schedules, without half of the kinds of trouble, or with a second source.",
)
@click.option(
    "--explain", is_flag=True, help="Narrate the run: one sentence per event."
)
@click.option("--trace", "log", is_flag=True, help="Print the log of the run.")
@click.option(
    "--shrink", "shrinks", is_flag=True, help="Find the fewest events that still fail."
)
@click.option(
    "--save",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the events of the run, or those that are left, to FILE.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1),
    help="Processes.  [default: one a core]",
)
@taking(PlayArguments)
def play(arguments: PlayArguments) -> None:
    """Try the promises of this program in simulated rooms, on virtual time.

    Each seed decides what happens: edits, decisions, people who answer, miss or
    hang up, faults of Twilio, of the network and of the database, processes that die
    or stand still. After the faults stop, every room must converge. No account,
    no network and no database is used, and a seed gives the same run each time.

    With FILE, the events in FILE are played, which --save wrote.
    """
    if arguments.file is None and arguments.seed is None:
        if arguments.explain or arguments.log or arguments.shrinks or arguments.save:
            raise click.UsageError(
                "--explain, --trace, --shrink and --save need --seed or FILE"
            )
        _play_many(
            Family(arguments.family),
            arguments.first,
            arguments.seeds,
            arguments.jobs or os.cpu_count() or 1,
        )
        return
    if arguments.file is not None and arguments.seed is not None:
        raise click.UsageError("give --seed or FILE, not both")
    scenario = (
        make_scenario(arguments.seed or 0)
        if arguments.file is None
        else _read(arguments.file)
    )
    report, events = _played(scenario, shrinks=arguments.shrinks)
    if arguments.save:
        _save(arguments.save, written(as_struck(report)).encode())
    _show(report, events, explain=arguments.explain, log=arguments.log)
    if report.failed:
        click.get_current_context().exit(FAILED)


def _save(file: Path, content: bytes) -> None:
    try:
        replace_file(file, content)
    except OSError as error:
        raise SettingError(f"{file} cannot be written: {error.strerror}") from None


def _read(file: Path) -> Scenario:
    try:
        text = file.read_text("utf-8")
    except OSError as error:
        raise SettingError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingError(f"{file} cannot be read: it is not UTF-8 text") from None
    return read_scenario(text, str(file))


def _played(scenario: Scenario, *, shrinks: bool) -> tuple[Report, tuple[Event, ...]]:
    """The run, shrunk if that is wanted, and its events."""
    if not shrinks:
        report = judged(scenario)
        return report, events_of(as_struck(report))
    try:
        shrunk = shrink(scenario, judged)
    except NothingBroken as error:
        raise SettingError(f"{error}; there is nothing to shrink") from None
    click.echo(
        f"{shrunk.before} events shrunk to {len(shrunk.events)} in {shrunk.runs} runs.",
        err=True,
    )
    return shrunk.report, shrunk.events


def _show(report: Report, events: Sequence[Event], *, explain: bool, log: bool) -> None:
    if current().json:
        print_json(run_data(report, events, explain=explain))
        return
    if log:
        for line in trace(report.journal, report.scenario.start):
            echo(line)
    for line in run_lines(report, events, explain=explain, listed=not log):
        echo(line)


def _play_many(family: Family, first: int, count: int, jobs: int) -> None:
    began = time.monotonic()  # noqa: TID251 - how long it took is shown
    seeds = seeds_of(family, first, count)
    results = sorted(_shown_at_once(play_seeds(seeds, jobs)), key=lambda x: x.seed)
    taken = time.monotonic() - began  # noqa: TID251
    states = reached_states(results, judge=family is Family.MIXED)
    if current().json:
        print_json(campaign_data(results, states))
    else:
        for line in campaign_lines(results, states, taken):
            echo(line)
    if any(result.broken for result in results) or any(
        reached_state.below for reached_state in states
    ):
        click.get_current_context().exit(FAILED)


def _shown_at_once(results: Iterator[SeedResult]) -> Iterator[SeedResult]:
    """The *results*; a broken one is also a line on stderr as soon as it comes."""
    for result in results:
        if result.broken:
            echo(f"seed {result.seed}: {result.broken[0]}", err=True)
        yield result

"""Roster files with errors, as status and explain show them."""

import shlex
from collections.abc import Iterable, Iterator
from typing import Any

from reconciler.cli.moment_text import moment
from reconciler.files import problem_data
from reconciler.store.queries.refused_files import Refusal


def about(refusals: Iterable[Refusal], room: str | None) -> list[Refusal]:
    """The refusals that concern *room*, all of them for None."""
    return [x for x in refusals if room is None or room in {*x.held, *x.file.rooms}]


def refused_lines(refusals: Iterable[Refusal]) -> Iterator[str]:
    """A line a file: since when, its first error, and which rooms keep their roster."""
    for refusal in refusals:
        first, *more = refusal.file.problems
        rest = f" (and {len(more)} more)" if more else ""
        held = ", ".join(refusal.held)
        rooms = f" Rooms that keep the previous roster: {held}." if held else ""
        yield (
            f"! {refusal.file.file} refused since {moment(refusal.since)}: "
            f"{first.place}: {first.masked.message}{rest}.{rooms} "
            f"Check: reconciler validate {shlex.quote(refusal.file.file)}"
        )


def refused_data(refusals: Iterable[Refusal], *, numbers: bool) -> list[dict[str, Any]]:
    """The same for JSON; ``since`` is in Unix seconds."""
    return [
        {
            "file": refusal.file.file,
            "since": refusal.since,
            "rooms": list(refusal.held),
            "problems": [
                problem_data(x, numbers=numbers) for x in refusal.file.problems
            ],
        }
        for refusal in refusals
    ]

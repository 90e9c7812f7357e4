"""Roster files: loading and validating, beside a bare parse."""

from collections.abc import Iterator

from benchmarks.harness import Bench, in_turn, note, ratio
from benchmarks.part import Part
from benchmarks.reading import PEOPLE, write_files
from benchmarks.table import Row

FILES, LIMIT = 1000, 3.0


def loading(bench: Bench) -> Iterator[Row]:
    """The one row of this family: each round takes another part of the files."""
    note("files: load and validate")
    files = FILES // 10 if bench.quick else FILES
    home = bench.new_folder("files")
    write_files(home, bench.rounds, files // bench.rounds)
    worker = bench.worker("benchmarks.reading", str(home))
    turn = dict.fromkeys(("load", "compose"), 0)

    def ask(do: str) -> float:
        turn[do] += 1
        return float(worker.ask(do, part=turn[do] - 1)["cpu"])

    figures = in_turn(
        bench.rounds,
        {do: lambda do=do: ask(do) for do in turn},  # type: ignore[misc]
    )
    totals = {name: sum(each) for name, each in figures.items()}
    yield Row(
        f"{files:,} files with {files * PEOPLE:,} members, load and validate",
        ratio(figures, "load", "compose"),
        LIMIT,
        "×",
        "yaml.compose, C loader",
        rounds=figures,
        note=f"{totals['load']:.2f} s in all, the peer {totals['compose']:.2f} s",
        profile="load",
    )


PARTS = (Part("files", loading),)

"""A room with something of each to be done: how many writes that takes."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.harness import Bench, environment, note, product_command, timed
from benchmarks.part import Part
from benchmarks.table import Row
from benchmarks.world import SENDER, World

_NAME = "writes"
_BEFORE = {
    "ann": "muted: false",
    "bob": "muted: true",
    "cara": "hold: false",
    "dave": "muted: false",
    "eve": "muted: false",
}
_AFTER = {
    "ann": "muted: false",
    "bob": "muted: true",
    "cara": "hold: true",
    "eve": "muted: false",
    "fred": "muted: true",
    "gina": "muted: false",
}
_WANTED = {"create": 2, "update": 2, "delete": 1}
"""Fred and Gina; Bob, whom somebody unmuted, and Cara; Dave."""


def writes(bench: Bench) -> Iterator[Row]:
    """The one row of this family."""
    note("writes: a room with something of each")
    home = bench.new_folder("writes")
    with bench.over():
        server = bench.server(World(0, 0))
        env = environment(server.url)
        argv = [product_command(), "sync", "room.yaml"]
        _declare(home, _BEFORE)
        codes = [timed(argv, env, home).code]
        _declare(home, _AFTER)
        fields = {"muted": False}
        server.control("change", room=_NAME, label="bob", fields=fields)
        server.control("forget")
        codes += [timed(argv, env, home).code, timed(argv, env, home).code]
        kinds = Counter(str(each["kind"]) for each in server.writes())
    wanted = sum(_WANTED.values())
    off = sum(abs(kinds[kind] - _WANTED.get(kind, 0)) for kind in kinds | _WANTED)
    said = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    yield Row(
        "writes to converge 2 missing, 2 drifted, 1 dismissed",
        wanted + off,
        wanted,
        "writes",
        "one each",
        note=f"{said}; then a second sync; exit codes {codes}",
    )


PARTS = (Part("writes", writes, seconds=8),)


def _declare(home: Path, people: dict[str, str]) -> None:
    lines = ["version: 1", f"conference: {_NAME}", f'from: "{SENDER}"', "participants:"]
    lines += [
        f'  {label}: {{to: "+1555000{ord(label[0]):04d}", {fields}}}'
        for label, fields in people.items()
    ]
    (home / "room.yaml").write_text("\n".join(lines) + "\n", "utf-8")

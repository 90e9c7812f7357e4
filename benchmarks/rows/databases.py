"""PostgreSQL beside SQLite: a first load, and rest beside somebody's transaction."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from sqlalchemy import create_engine, make_url, text

from benchmarks.builds import this_build
from benchmarks.harness import Bench, environment, in_turn, note, ratio, timed
from benchmarks.postgresql import postgresql
from benchmarks.reading import write_files
from benchmarks.rows.checks import started_in
from benchmarks.table import Row
from benchmarks.world import World
from reconciler.store.database.url import parse_database_url

FILES, ROUNDS, MOST_LOAD = 1000, 3, 1.3
BESIDE = World(100, 5)
SWEEPS = 6


def measure(bench: Bench) -> list[Row]:
    """All rows of this family."""
    with postgresql(bench.folder / "databases") as url:
        return [_loads(bench, url), _rest(bench, url)]


def _loads(bench: Bench, url: str) -> Row:
    note("databases: first loads")
    files = FILES // 10 if bench.quick else FILES
    home = bench.folder / "loads"
    write_files(home, 1, files)
    turn = iter(range(1000))

    def load(place: str) -> float:
        env = environment("") | this_build().environment()
        argv = [sys.executable, "-m", "benchmarks.loading", str(home / "0"), place]
        taken = timed(argv, env)
        if taken.code:
            raise RuntimeError(f"a load ended with {taken.code}: {taken.output[-400:]}")
        return float(json.loads(taken.output.splitlines()[-1])["wall"])

    figures = in_turn(
        min(ROUNDS, bench.rounds),
        {
            "PostgreSQL": lambda: load(_database(url, f"load_{next(turn)}")),
            "SQLite": lambda: load(f"sqlite:///{home / f'{next(turn)}.db'}"),
        },
    )
    return Row(
        f"first load of {files:,} files into PostgreSQL, wall",
        ratio(figures, "PostgreSQL", "SQLite"),
        MOST_LOAD,
        "×",
        "SQLite",
        rounds=figures,
        note=", ".join(f"{name} {median(x):.2f} s" for name, x in figures.items()),
        profile="load",
    )


def _database(url: str, name: str) -> str:
    """The URL of a new database of the server of *url*."""
    engine = create_engine(parse_database_url(url).url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def _rest(bench: Bench, url: str) -> Row:
    """Rooms at rest while a transaction of another database of the server is open."""
    note("databases: rest beside a transaction of another database")
    of = BESIDE
    other, mine = _database(url, "other"), _database(url, "mine")
    home = bench.fresh_home("beside", of, mine)
    with bench.over(), _open_transaction(other):
        server = bench.server(of, tls=True)
        worker = started_in(bench, home, of, server)
        endings: dict[str, int] = {}
        for _ in range(SWEEPS):
            endings = worker.ask("sweep")["endings"]
    return Row(
        "rooms at rest beside an open transaction of another database",
        endings.get("rested", 0),
        of.rooms,
        f"of {of.rooms}",
        "—",
        least=True,
        note=str(endings),
    )


@contextmanager
def _open_transaction(url: str) -> Iterator[None]:
    engine = create_engine(parse_database_url(url).url)
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE held (id int)"))
        yield
        connection.rollback()
    engine.dispose()

"""PostgreSQL beside SQLite: a first load, and rest beside somebody's transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from statistics import median

from sqlalchemy import create_engine, make_url, text

from benchmarks.cores import moved_to
from benchmarks.harness import Bench, in_turn, note, ratio
from benchmarks.part import Part
from benchmarks.postgresql import postgresql
from benchmarks.reading import write_files
from benchmarks.rows.checks import started_in
from benchmarks.table import Row
from benchmarks.world import World
from reconciler.store.database.url import parse_database_url

FILES, MOST_LOAD = 1000, 1.3
BESIDE = World(100, 5)
SWEEPS = 6


def loads(bench: Bench) -> Iterator[Row]:
    """First loads of the same files, into either database."""
    note("databases: first loads")
    files = FILES // 10 if bench.quick else FILES
    home = bench.new_folder("loads")
    write_files(home, 1, files)
    turn = count()
    with moved_to(bench.cores.server), postgresql(bench.new_folder("databases")) as url:
        with moved_to(bench.cores.client):
            worker = bench.worker("benchmarks.loading", str(home / "0"))

        def load(place: str) -> float:
            return float(worker.ask("load", url=place)["wall"])

        figures = in_turn(
            bench.rounds,
            {
                "PostgreSQL": lambda: load(new_database(url, f"load_{next(turn)}")),
                "SQLite": lambda: load(f"sqlite:///{home / f'{next(turn)}.db'}"),
            },
        )
    yield Row(
        f"first load of {files:,} files into PostgreSQL, wall",
        ratio(figures, "PostgreSQL", "SQLite"),
        MOST_LOAD,
        "×",
        "SQLite",
        rounds=figures,
        note=", ".join(f"{name} {median(x):.2f} s" for name, x in figures.items()),
        profile="load",
    )


def new_database(url: str, name: str) -> str:
    """The URL of a new database of the server of *url*."""
    engine = create_engine(parse_database_url(url).url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def rest(bench: Bench) -> Iterator[Row]:
    """Rooms at rest while a transaction of another database of the server is open."""
    note("databases: rest beside a transaction of another database")
    of = BESIDE
    with postgresql(bench.new_folder("databases")) as url:
        other, mine = new_database(url, "other"), new_database(url, "mine")
        home = bench.fresh_home("beside", of, mine)
        endings: dict[str, int] = {}
        with bench.over(), _open_transaction(other):
            server = bench.server(of, tls=True)
            worker = started_in(bench, home, of, server)
            for _ in range(SWEEPS):
                endings = worker.ask("sweep")["endings"]
    yield Row(
        "rooms at rest beside an open transaction of another database",
        endings.get("rested", 0),
        of.rooms,
        f"of {of.rooms}",
        "—",
        least=True,
        note=str(endings),
    )


PARTS = (
    Part("databases.loads", loads, alone=True),
    Part("databases.rest", rest, seconds=10),
)


@contextmanager
def _open_transaction(url: str) -> Iterator[None]:
    engine = create_engine(parse_database_url(url).url)
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE held (id int)"))
        yield
        connection.rollback()
    engine.dispose()

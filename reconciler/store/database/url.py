"""Database URLs: validation, and display without secrets."""

from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path

from msgspec import Struct
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from reconciler.model.errors import SettingError

POSTGRESQL = "postgresql+psycopg"
_DRIVERS = {
    "sqlite": "sqlite",
    "sqlite+aiosqlite": "sqlite",
    "postgres": POSTGRESQL,
    "postgresql": POSTGRESQL,
    POSTGRESQL: POSTGRESQL,
}
_FORMS = "write sqlite:///FILE or postgresql://USER@HOST/DATABASE"


class DatabaseUrl(Struct, frozen=True):
    """A database: ``path`` is its file, None for PostgreSQL.

    ``name`` is for people: it never holds a password.
    """

    url: URL
    path: Path | None
    name: str


def parse_database_url(text: str) -> DatabaseUrl:
    """The place a database URL names; SettingError if it names none."""
    url = _parsed(text)
    if url.drivername.startswith("sqlite"):
        return _file(url)
    _require_known_options(url)
    return DatabaseUrl(url=url, path=None, name=_address(url))


def _parsed(text: str) -> URL:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise SettingError(f"the database URL cannot be read: {_FORMS}") from error
    driver = _DRIVERS.get(url.drivername)
    if driver is None:
        raise SettingError(
            f"the database URL is of the kind '{url.drivername}', which is not "
            f"supported: {_FORMS}"
        )
    if driver == POSTGRESQL and find_spec("psycopg") is None:
        raise SettingError(
            "PostgreSQL needs an extra that is not installed. Run: pip install "
            "'conference-reconciler[postgres]'"
        )
    return url.set(drivername=driver)


def _file(url: URL) -> DatabaseUrl:
    if url.host:
        raise SettingError(
            f"the database URL 'sqlite://{url.host}' names a host: write three slashes, "
            "sqlite:///FILE"
        )
    if url.query:
        raise SettingError(
            "the database URL of SQLite takes no options: write sqlite:///FILE"
        )
    if not url.database or url.database.startswith((":memory:", "file:")):
        raise SettingError(
            "the database URL names no file: an SQLite database must be a file, so that "
            "calls are remembered. Write sqlite:///FILE"
        )
    path = Path(url.database).absolute()
    return DatabaseUrl(url=url.set(database=str(path)), path=path, name=url.database)


def _require_known_options(url: URL) -> None:
    """SettingError for an option that is not libpq's, such as one of the driver."""
    if not url.query:
        return
    from psycopg.pq import Conninfo  # noqa: PLC0415 - seldom needed, slow

    known = {each.keyword.decode() for each in Conninfo.get_defaults()}
    for name in url.query:
        if name not in known:
            close = get_close_matches(name, known, 1)
            hint = f" Did you mean '{close[0]}'?" if close else ""
            raise SettingError(
                f"the database URL has an unknown option '{name}': only parameters of "
                f"libpq may follow the '?', such as sslmode.{hint}"
            )


def _address(url: URL) -> str:
    return URL.create(
        "postgresql", url.username, None, url.host, url.port, url.database
    ).render_as_string()

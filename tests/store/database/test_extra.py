"""PostgreSQL without the extra that it needs."""

import sys

import pytest

from reconciler.model.errors import SettingError
from reconciler.store.database.url import parse_database_url


def test_postgresql_without_its_extra_is_refused_with_the_command_that_adds_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(
        SettingError, match=r"pip install 'conference-reconciler\[postg"
    ):
        parse_database_url("postgresql://me@db.example/rooms")
    assert parse_database_url("sqlite:///here.db").path is not None

"""What tells a PostgreSQL database from any other, also from one of its name."""

from sqlalchemy import Connection, text

_IDENTITY = text(
    "SELECT format('%s/%s', system_identifier, oid) FROM pg_control_system(), "
    "pg_database WHERE datname = current_database()"
)


def database_identity(connection: Connection) -> str:
    """The server's identifier and the number of the database on it."""
    return str(connection.scalar(_IDENTITY))

"""The clock of a PostgreSQL server: the same for every machine."""

from sqlalchemy import ColumnElement, Connection, Double, cast, func, select


def clock_timestamp() -> ColumnElement[float]:
    """Unix seconds by the server's clock, within a statement."""
    return cast(func.extract("epoch", func.clock_timestamp()), Double)


def server_clock(connection: Connection) -> float:
    """Unix seconds by the server's clock."""
    seconds: float = connection.execute(select(clock_timestamp())).scalar_one()
    return seconds

"""What the peers want of each room, in an ORM's tables: one row a member."""

from sqlalchemy import Engine, String, create_engine, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from benchmarks.world import World


class Base(DeclarativeBase):
    """The peers' tables."""


class Member(Base):
    """A member of a room."""

    __tablename__ = "members"

    room: Mapped[str] = mapped_column(String(128), primary_key=True)
    label: Mapped[str] = mapped_column(String(128), primary_key=True)
    to: Mapped[str]
    muted: Mapped[bool]
    hold: Mapped[bool]
    coaching: Mapped[bool]


def database(path: str, of: World, at_most: int) -> Engine:
    """A new SQLite file with the members of the first rooms."""
    engine = create_engine(f"sqlite:///{path}")
    Base.metadata.create_all(engine)
    rows = [
        {
            "room": room.name,
            "label": person.label,
            "to": person.to,
            "muted": person.muted,
            "hold": person.hold,
            "coaching": person.coaching is not None,
        }
        for room in of.each(at_most)
        for person in room.people
    ]
    with engine.begin() as connection:
        connection.execute(insert(Member), rows)
    return engine


def members(session: Session, room: str) -> dict[str, Member]:
    """The members of *room*, by label: one query, everything loaded."""
    found = session.scalars(select(Member).where(Member.room == room))
    return {each.label: each for each in found}

"""What a load of roster files says and does."""

from collections.abc import Mapping

from msgspec import Struct, field

from reconciler.model.errors import Problem, RefusedFile


class RoomHome(Struct, frozen=True):
    """A managed room whose roster comes from another folder than was loaded."""

    room: str
    folder: str


class Loaded(Struct, frozen=True):
    """What a load did, by room name, each tuple sorted.

    ``held`` are rooms that keep the roster loaded before because their file is
    refused, ``foreign`` those declared here that another folder declares too:
    neither is changed. ``taken`` are rooms of another folder that move here, with
    that folder. ``elsewhere`` are managed rooms that the folder does not
    declare.
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    released: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    foreign: tuple[RoomHome, ...] = ()
    taken: tuple[RoomHome, ...] = ()
    elsewhere: tuple[RoomHome, ...] = ()


class LoadedFolder(Struct, frozen=True):
    """What a folder of roster files held when it was loaded.

    ``digest`` is of all that its rosters follow from, ``named`` are the other files
    that its files name, ``warnings`` what was said of them, without numbers. ``rooms``
    are those that they declare, in their order.
    """

    digest: str
    named: tuple[str, ...] = ()
    warnings: tuple[Problem, ...] = ()
    rooms: tuple[str, ...] = ()


class FileReport(Struct, frozen=True):
    """What the files of a load say beside their rosters.

    ``files`` are the absolute paths of all that were read, ``refused`` those with an
    error; ``paths`` has the file of each room. ``quiet_at`` has, by room, the Unix time
    at which a file that was written just now has been quiet for long enough to remove
    people. ``same_homes`` are folders that are the loaded one under other names, or are
    gone: their rooms move here. With ``take_over`` those of any other do too.
    ``folder`` is what to know the folder by the next time, None where it is to be
    loaded then.
    """

    files: tuple[str, ...] = ()
    refused: tuple[RefusedFile, ...] = ()
    paths: Mapping[str, str] = field(default_factory=dict)
    quiet_at: Mapping[str, float] = field(default_factory=dict)
    same_homes: frozenset[str] = frozenset()
    take_over: bool = False
    folder: LoadedFolder | None = None


NO_REPORT = FileReport()

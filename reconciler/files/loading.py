"""Roster files → rosters, or all problems in them.

A file with an error is rejected; its rooms, and those that take people, roles or parts
from it, keep the roster loaded before. So does a room that is declared twice.
"""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct, field

from reconciler.files.cache import Cache
from reconciler.files.directory import NOTHING_SHARED, Directory
from reconciler.files.folder import (
    Content,
    as_folder,
    is_folder,
    read_file,
    roster_files,
)
from reconciler.files.folder_digest import contents_digest
from reconciler.files.joined import Joined, absolute
from reconciler.files.referenced_files import ReferencedFiles
from reconciler.files.roster_file import is_error
from reconciler.model.declaration import Declaration
from reconciler.model.errors import Problem, RefusedFile, RosterError, Severity
from reconciler.model.policy import UNRESTRICTED, Policy
from reconciler.model.roster import Roster

Told = Callable[[int, int], None]
"""Is told how many files of how many were read."""


CLOCK_TOLERANCE_SECONDS = 1.0
"""Seconds by which a file may seem to be of the future: clocks of files are coarse."""


class Loading(Struct, frozen=True):
    """What the files of one run declare.

    ``declarations`` are sorted by file, then position; ``changed_at`` has the Unix
    time at which the file of each, or one that it depends on, was last written or
    put in place. ``folder`` is the absolute path of the folder, its links kept, when
    exactly one was named and nothing else, else None. ``files`` are as shown in
    messages; ``refused`` are those of them, or of the folders searched, with an
    error. ``named`` are the other files that they name. ``digest`` is of the content of
    all of them, "" where it also depends on the environment.
    """

    declarations: tuple[Declaration, ...]
    folder: str | None
    warnings: tuple[Problem, ...]
    files: tuple[str, ...]
    refused: tuple[RefusedFile, ...] = ()
    changed_at: Mapping[str, float] = field(default_factory=dict)
    named: tuple[str, ...] = ()
    digest: str = ""

    @property
    def rosters(self) -> tuple[Roster, ...]:
        """Each room as its file declares it without schedule and modes."""
        return tuple(declaration.roster for declaration in self.declarations)

    @property
    def paths(self) -> tuple[str, ...]:
        """The absolute path of each file."""
        return tuple(map(absolute, self.files))

    @property
    def path_of(self) -> dict[str, str]:
        """The absolute path of each room's file."""
        files = {
            roster.room: roster.source.rpartition(":")[0] for roster in self.rosters
        }
        paths = {file: absolute(file) for file in {*files.values()}}
        return {room: paths[file] for room, file in files.items()}

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Every error, in the order of the files."""
        return tuple(problem for file in self.refused for problem in file.problems)

    def ahead(self, now: float) -> tuple[Problem, ...]:
        """A warning for each file of a room whose time, or that of a file it uses, is to come."""
        files = {
            roster.room: roster.source.rpartition(":")[0] for roster in self.rosters
        }
        late: dict[str, float] = {}
        for room, at in self.changed_at.items():
            if at > now + CLOCK_TOLERANCE_SECONDS:
                late[files[room]] = max(at - now, late.get(files[room], 0.0))
        return tuple(
            Problem(
                file,
                0,
                0,
                f"the file, or one that it uses, was written {seconds:.0f} s in the "
                "future by this machine's clock",
                hint="set the clocks of both machines, or write the file again: touch",
                severity=Severity.WARNING,
            )
            for file, seconds in sorted(late.items())
        )

    def quiet_at(self, now: float, seconds: float) -> dict[str, float]:
        """Rooms whose file is younger than *seconds*, and when it no longer is."""
        ages = {room: min(at, now) + seconds for room, at in self.changed_at.items()}
        return {room: until for room, until in ages.items() if until > now}


NOTHING_READ = Loading((), None, (), ())


def load(
    paths: Sequence[Path],
    environ: Mapping[str, str],
    *,
    cache: Cache | None = None,
    policy: Policy = UNRESTRICTED,
    told: Told = lambda _read, _all: None,
) -> Loading:
    """The rosters of *paths*, folders searched for ``*.yaml`` and ``*.yml``.

    Raises RosterError, with every problem of every file, if no file is without
    an error. With the *cache* of earlier loads of the same paths, only files
    that changed are parsed, to the same result.
    """
    loading, problems = examine(paths, environ, cache=cache, policy=policy, told=told)
    if loading.refused and not loading.rosters:
        raise RosterError(problems)
    return loading


def examine(
    paths: Sequence[Path],
    environ: Mapping[str, str],
    *,
    cache: Cache | None = None,
    policy: Policy = UNRESTRICTED,
    told: Told = lambda _read, _all: None,
) -> tuple[Loading, tuple[Problem, ...]]:
    """What can be read of *paths*, and every problem in file order."""
    problems: list[Problem] = []
    files = roster_files(paths, problems, [Path(each) for each in policy.links])
    joined = Joined(ReferencedFiles([path for path in paths if is_folder(path)]))
    for problem in problems:
        joined.refuse(problem.file, problem)
    joined.expect(name for name, _ in files)
    cache = Cache() if cache is None else cache
    cache.begin([name for name, _ in files], policy)
    reads_environment = False
    with _uncollected():
        contents = dict(_contents(files, joined))
        directory = _directory(contents, environ, cache, joined)
        for count, (name, _) in enumerate(files):
            told(count, len(files))
            if content := contents.get(name):
                roster_file = cache.roster_file(
                    name,
                    content.data,
                    environ,
                    referenced=joined.referenced,
                    directory=directory,
                )
                joined.add(name, content, roster_file)
                reads_environment |= bool(roster_file.used)
    names = tuple(name for name, _ in files)
    digest = "" if reads_environment else contents_digest(contents, joined.referenced)
    loading = _loading(joined, _folder(paths), names, digest)
    return loading, tuple(joined.problems())


def _contents(
    files: Sequence[tuple[str, Path]], joined: Joined
) -> Iterator[tuple[str, Content]]:
    """What each file holds; those that cannot be read are noted."""
    for name, path in files:
        problems: list[Problem] = []
        content = read_file(name, path, problems)
        for problem in problems:
            joined.refuse(name, as_folder(path, problem))
        if content is not None:
            yield name, content


def _directory(
    contents: Mapping[str, Content],
    environ: Mapping[str, str],
    cache: Cache,
    joined: Joined,
) -> Directory:
    """What the files declare for all rooms; what two declare is noted."""
    directory = Directory()
    for name, content in contents.items():
        part = cache.shared(name, content.data, environ, joined.referenced)
        if part is not NOTHING_SHARED:
            for problem in directory.add(name, part):
                joined.clash(name, problem)
    return directory


def _loading(
    joined: Joined, folder: str | None, files: tuple[str, ...], digest: str
) -> Loading:
    declarations = tuple(joined.declarations())
    return Loading(
        declarations,
        folder,
        tuple(problem for problem in joined.problems() if not is_error(problem)),
        files,
        tuple(joined.refused()),
        {
            declaration.room: joined.changed_at(declaration.room)
            for declaration in declarations
        },
        joined.referenced.names,
        digest,
    )


@contextmanager
def _uncollected() -> Iterator[None]:
    """No search for garbage meanwhile: reading makes much to keep and no cycles."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _folder(paths: Sequence[Path]) -> str | None:
    if len(paths) == 1 and is_folder(paths[0]):
        return absolute(str(paths[0]))
    return None

"""Roster files of one room, and what the loader says of them."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from reconciler.files import Cache, Loading, examine, load
from reconciler.model.declaration import Declaration
from reconciler.model.errors import Problem, RosterError, Severity
from reconciler.model.policy import UNRESTRICTED, Policy
from reconciler.model.roster import Member, Roster

NOBODY: Mapping[str, str] = {}

HEAD = 'version: 1\nconference: room\nfrom: "+15550100000"\n'


PEOPLE = """version: 1
people:
  ann: {to: "+15551230001", timezone: Europe/Berlin}
  bob: {to: "client:bob", timeout: 20}
  cara: {to: "sip:cara@example.com", muted: true}
groups:
  dbas: [ann, bob]
roles:
  speaker: {muted: false}
  listener: {muted: true, redial: {attempts: 7}}
"""


def with_people(lines: str) -> dict[str, str]:
    """A folder with people, and a room whose lines begin at line 4."""
    return {"people.yaml": PEOPLE, "room.yaml": HEAD + lines}


def with_members(lines: str) -> str:
    """A roster whose participants are *lines*, which begin at line 5."""
    return f"{HEAD}participants:\n{lines}"


def with_ann(fields: str) -> str:
    """A roster with one member, on line 5; *fields* begin at column 33."""
    return with_members(f'  ann: {{to: "+15550100001",     {fields}}}\n')


def loaded(text: str | bytes, environ: Mapping[str, str] = NOBODY) -> Loading:
    """What a file of this text declares; its folder is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "line.yaml")
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load([path], environ)


def roster(text: str, environ: Mapping[str, str] = NOBODY) -> Roster:
    """The only roster of *text*."""
    (only,) = loaded(text, environ).rosters
    return only


def ann(fields: str, environ: Mapping[str, str] = NOBODY) -> Member:
    """The only member, with *fields*."""
    (only,) = roster(with_ann(fields), environ).members
    return only


def problems(
    text: str | bytes, environ: Mapping[str, str] = NOBODY
) -> tuple[Problem, ...]:
    """Everything that is wrong with *text*, () when nothing is."""
    try:
        return loaded(text, environ).warnings
    except RosterError as error:
        return error.problems


def write(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Put *files* into *folder*, by their paths in it."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())


def read(
    folder: Path,
    files: Mapping[str, str | bytes],
    *,
    cache: Cache | None = None,
    policy: Policy = UNRESTRICTED,
) -> tuple[Loading, tuple[Problem, ...]]:
    """What *folder* with *files* declares and its problems."""
    write(folder, files)
    return examine([folder], NOBODY, cache=cache, policy=policy)


def declared(folder: Path, files: Mapping[str, str | bytes]) -> Declaration:
    """The only room of *files*, in which nothing is wrong."""
    loading, found = read(folder, files)
    assert errors(found) == ()
    (only,) = loading.declarations
    return only


def said(folder: Path, problems: tuple[Problem, ...]) -> list[str]:
    """``file:line:column message; hint`` of each, the file within *folder*."""
    return [
        f"{each.file.removeprefix(f'{folder}/')}:{each.line}:{each.column} "
        f"{each.message.replace(f'{folder}/', '')}; {each.hint.replace(f'{folder}/', '')}"
        for each in problems
    ]


def errors(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """*problems* without the warnings."""
    return tuple(each for each in problems if each.severity is Severity.ERROR)

"""Roster files of one room, and what the loader says of them."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from reconciler.files import Loading, load
from reconciler.model.errors import Problem, RosterError
from reconciler.model.roster import Member, Roster

NOBODY: Mapping[str, str] = {}

HEAD = 'version: 1\nconference: room\nfrom: "+15550100000"\n'


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

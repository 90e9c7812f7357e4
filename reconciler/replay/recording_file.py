"""The file of a recording: JSON lines, each with a sum over all lines up to it.

The first line says format and version, the last that the recording is whole. In
between each line is a look. Rosters are written once: a look with the same one as the
look before it in its room leaves it out.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from reconciler import __version__
from reconciler.model.errors import SettingError
from reconciler.model.typed_document import from_document, to_document
from reconciler.replay.look import Look

FORMAT = "reconciler-recording"
FORMAT_VERSION = "1"

Document = dict[str, Any]


class RecordedLook(Struct, frozen=True):
    """A look, and what was decided. ``faithful``: without names, too, as it was with."""

    number: int
    look: Look
    decision: Document
    faithful: bool = True


class RunRecording(Struct, frozen=True):
    """What a file holds. ``whole`` says that it was closed."""

    version: str
    looks: tuple[RecordedLook, ...]
    whole: bool


class LineWriter:
    """Makes the lines of a file, one after another."""

    def __init__(self) -> None:
        self._sum = ""
        self._looks = 0
        self._desired: dict[str, Any] = {}

    def header(self) -> str:
        return self._line(
            {
                "format": FORMAT,
                "format_version": FORMAT_VERSION,
                "reconciler": __version__,
            }
        )

    def look(self, look: Look, decision: Document, *, faithful: bool) -> str:
        self._looks += 1
        document = to_document(look)
        room = look.desired.roster.room
        if self._desired.get(room) == document["desired"]:
            document["desired"] = room
        else:
            self._desired[room] = document["desired"]
        line = {"look": self._looks, "input": document, "decision": decision}
        return self._line(line if faithful else {**line, "faithful": False})

    def end(self) -> str:
        return self._line({"end": self._looks})

    def _line(self, document: Document) -> str:
        text = json.dumps(document, separators=(",", ":"))
        self._sum = _sum(self._sum, text)
        return f'{text[:-1]},"sum":"{self._sum}"}}\n'


def read_recording(text: str, name: str) -> RunRecording:
    """The recording of a file; SettingError where it was edited, or is none."""
    lines = list(_checked(text.splitlines(), name))
    if not lines:
        raise SettingError(f"{name} is not a recording: it is empty.")
    header, *rest = lines
    whole = bool(rest) and "end" in rest[-1]
    recorded_looks = tuple(_looks(rest[:-1] if whole else rest, name))
    return RunRecording(str(header["reconciler"]), recorded_looks, whole)


def _checked(lines: Iterable[str], name: str) -> Iterator[Document]:
    """The lines, as long as each is as it was written."""
    before = ""
    for number, line in enumerate(lines, 1):
        document = _document(line, number, name)
        if number == 1:
            _require_format(document, name)
        told = document.pop("sum", None)
        before = _sum(before, json.dumps(document, separators=(",", ":")))
        if told != before:
            raise SettingError(
                f"{name}:{number}: the line is not as it was written: the recording was "
                "edited, or lines are missing."
            )
        yield document


def _document(line: str, number: int, name: str) -> Document:
    try:
        document = json.loads(line)
    except ValueError:
        if number == 1:
            raise SettingError(_no_recording(name)) from None
        raise SettingError(
            f"{name}:{number}: the line is cut off, or is no JSON. Replay what comes "
            f"before it: delete the line, then run 'reconciler replay --incomplete {name}'"
        ) from None
    if not isinstance(document, dict):
        raise SettingError(f"{name}:{number}: not a line of a recording.")
    return document


def _require_format(header: Document, name: str) -> None:
    if header.get("format") != FORMAT:
        raise SettingError(_no_recording(name))
    version = header.get("format_version")
    if version != FORMAT_VERSION:
        raise SettingError(
            f"{name} has format {version}, made by reconciler "
            f"{header.get('reconciler')}; reconciler {__version__} reads format "
            f"{FORMAT_VERSION}. Replay it with the version that made it."
        )


def _no_recording(name: str) -> str:
    return f"{name} is not a recording. To make one: reconciler record FILE sync"


def _looks(lines: Iterable[Document], name: str) -> Iterator[RecordedLook]:
    rosters: dict[str, Any] = {}
    for line in lines:
        document = line["input"]
        desired = document["desired"]
        if isinstance(desired, str):
            document["desired"] = rosters[desired]
        else:
            rosters[desired["roster"]["room"]] = desired
        try:
            look: Look = from_document(document, Look)
        except ValueError as error:
            raise SettingError(
                f"{name}: look {line['look']} cannot be read by this version: {error}."
            ) from None
        faithful = line.get("faithful", True)
        yield RecordedLook(line["look"], look, line["decision"], faithful)


def _sum(before: str, text: str) -> str:
    return hashlib.sha256(f"{before}{text}".encode()).hexdigest()[:16]

"""State file of a probe: one JSON record a line, on disk before it counts.

{"kind": "begun", "version": 1, "account": …, "addresses": …, "run": …, "at": …}
{"kind": "asked", "question": …}                 a question begins
{"kind": "placing", "id": …, "to": …, "at": …}   before a create is sent
{"kind": "placed", "id": …, "call_sid": …}       its answer
{"kind": "refused", "id": …}                     it was refused: nobody rings
{"kind": "ended", "id": …}                       its call is over
{"kind": "answered", "question": …, "answers": …, "notes": …, "evidence": …}
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from reconciler.model.errors import SettingError

STATE_VERSION = 1
Record = Mapping[str, object]
_OVER = frozenset({"ended", "refused"})


class DamagedState(SettingError):  # noqa: N818 - a state of the file
    """The state file cannot be read; it is not known which calls it was about."""


class PlacedCall(Struct, frozen=True):
    """A create on record: ``call_sid`` is None as long as no answer is."""

    id: str
    to: str
    call_sid: str | None


class Journal:
    """Records of one probe, the oldest first."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.records = _read(path)

    @property
    def begun(self) -> Record | None:
        """The first record, None for a new probe."""
        return self.records[0] if self.records else None

    def append(self, kind: str, **values: object) -> None:
        """Put a record on disk; SettingError if that fails."""
        record = {"kind": kind, **values}
        line = json.dumps(record, ensure_ascii=False) + "\n"
        try:
            _write(self._path, line)
        except OSError as error:
            raise SettingError(f"{self._path}: {error.strerror}") from error
        self.records.append(record)

    def answered(self) -> Mapping[str, Record]:
        """The answered questions with their records."""
        return {str(x["question"]): x for x in self.records if x["kind"] == "answered"}

    def times_asked(self, question: str) -> int:
        """How often a question was begun."""
        return sum(
            x["kind"] == "asked" and x["question"] == question for x in self.records
        )

    def open_calls(self) -> tuple[PlacedCall, ...]:
        """Creates whose calls are not known to be over."""
        over = {x["id"] for x in self.records if x["kind"] in _OVER}
        sids = {x["id"]: x["call_sid"] for x in self.records if x["kind"] == "placed"}
        return tuple(
            PlacedCall(str(x["id"]), str(x["to"]), _text(sids.get(x["id"])))
            for x in self.records
            if x["kind"] == "placing" and x["id"] not in over
        )

    def calls_placed(self) -> int:
        """How many creates were sent and not refused."""
        refused = {x["id"] for x in self.records if x["kind"] == "refused"}
        return sum(
            x["kind"] == "placing" and x["id"] not in refused for x in self.records
        )

    def remove(self) -> None:
        """Delete the file: the probe is complete."""
        self._path.unlink(missing_ok=True)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


_FIRST = '{"kind": "begun"'


def _write(path: Path, line: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if line.startswith(_FIRST):
        _sync_folder(path)


def _sync_folder(path: Path) -> None:
    folder = os.open(path.resolve().parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _read(path: Path) -> list[Record]:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise SettingError(f"{path}: {error.strerror}") from error
    if not content:
        return []
    if not content.endswith(b"\n"):
        raise DamagedState(f"{path}: the last line is cut off")
    lines = content.decode("utf-8", "replace").removesuffix("\n").split("\n")
    return [_record(path, number, line) for number, line in enumerate(lines, 1)]


_KEYS = {
    "begun": {"version", "account", "addresses", "run", "at"},
    "asked": {"question"},
    "placing": {"id", "to", "at"},
    "placed": {"id", "call_sid"},
    "refused": {"id"},
    "ended": {"id"},
    "answered": {"question", "answers", "notes", "evidence", "at"},
}


def _record(path: Path, number: int, line: str) -> Record:
    try:
        record = json.loads(line)
    except ValueError:
        raise DamagedState(f"{path}:{number}: not a line of JSON") from None
    kind = record.get("kind") if isinstance(record, dict) else None
    whole = kind in _KEYS and _KEYS[str(kind)] <= record.keys()
    if not whole or (number == 1) != (kind == "begun"):
        raise DamagedState(f"{path}:{number}: not a record of a probe's state")
    found: Record = record
    return found

"""People, pace, switches and faults from a YAML file.

calls_per_second: 5
switches: {list_shows_ringing: false}
people:
  "+15551230001": {answers_after: 2s, hangs_up_after: 10m}
  "client:bob": {busy: 2}          # the first two calls; `true` is always
  "sip:eve@example.com": {fails: 503}   # below 100 how often, else the SIP code
  "+15551230002": {dials_in: [{room: support-line, at: 5s, label: ann}]}
  "+15551230003": {dials_in: [{to: "+15550100001", at: 5s}]}   # by its voice URL
voice_urls: {"+15550100001": "https://reconciler.example.com/voice/support-line"}
numbers: ["+15550100001"]          # the account's; without it every number is
faults: [{kind: slow, who: "+15551230001", seconds: 10s}]
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import yaml
from msgspec import Struct, field

from reconciler.model.duration import seconds
from reconciler.model.errors import SettingError
from reconciler.simulator.exchange.behavior import Switches, flip
from reconciler.simulator.exchange.exchange import Exchange
from reconciler.simulator.exchange.fault import Fault, read_fault
from reconciler.simulator.exchange.people import (
    ALWAYS,
    WITHHELD,
    DialIn,
    People,
    Subscriber,
)

T = TypeVar("T")
_KEYS = {
    "people", "switches", "calls_per_second", "faults", "voice_urls", "numbers",
}  # fmt: skip
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_SIP_CODES = range(100, 700)
_ERROR_STATUSES = range(400, 600)


class Script(Struct, frozen=True):
    """What a people file says.

    ``calls_per_second`` and ``numbers`` are None where it is silent.
    """

    people: People
    switches: Switches
    calls_per_second: float | None = None
    faults: tuple[Fault, ...] = ()
    voice_urls: Mapping[str, str] = field(default_factory=dict)
    numbers: frozenset[str] | None = None


def load(path: Path) -> Script:
    """Read a people file. SettingError: the file's name and what is wrong."""
    try:
        return read_script(yaml.safe_load(path.read_text("utf-8")))
    except OSError as error:
        raise SettingError(f"{path}: {error.strerror}") from error
    except (ValueError, yaml.YAMLError) as error:
        raise SettingError(f"{path}: {error}") from error


def set_up(exchange: Exchange, script: Script) -> None:
    """Give *exchange* the faults, voice URLs and numbers of a script."""
    for fault in script.faults:
        exchange.faults.add(fault)
    for number, url in script.voice_urls.items():
        exchange.set_voice_url(number, url)
    exchange.own_numbers(script.numbers)


def read_script(document: object) -> Script:
    """Turn a parsed document into a script; ValueError says what is wrong."""
    keys = _mapping(document or {}, "the file", _KEYS)
    pace = keys.get("calls_per_second")
    return Script(
        people=People(
            {
                address: _at(f"people: {address}", read_person, person)
                for address, person in _addresses(keys.get("people")).items()
            }
        ),
        switches=flip(Switches(), _mapping(keys.get("switches") or {}, "switches")),
        calls_per_second=_pace(pace),
        faults=_faults(keys.get("faults") or []),
        voice_urls=read_voice_urls(keys.get("voice_urls") or {}),
        numbers=_numbers(keys.get("numbers")),
    )


def _numbers(raw: object) -> frozenset[str] | None:
    if raw is None:
        return None
    if not isinstance(raw, list):
        raise ValueError(f"numbers: expected a list, found {raw!r}")  # noqa: TRY004 - one error for all of a file
    for number in raw:
        if not isinstance(number, str) or not _NUMBER.fullmatch(number):
            raise ValueError(
                f'numbers: {number!r} is no number; quote it: "+15550100001"'
            )
    return frozenset(raw)


def read_voice_urls(raw: object) -> Mapping[str, str]:
    """URLs by number; ValueError says what is wrong."""
    urls: dict[str, str] = {}
    for number, url in _mapping(raw, "voice_urls").items():
        if not _NUMBER.fullmatch(str(number)) or str(number) != number:
            raise ValueError(
                f'voice_urls: {number!r} is no number; quote it: "+15550100001"'
            )
        if not isinstance(url, str) or not url.startswith(("http://", "https://")):
            raise ValueError(f"voice_urls: {number}: {url!r} is no URL")
        urls[number] = url
    return urls


def read_person(document: object) -> Subscriber:
    """Turn a description into a person; ValueError says what is wrong."""
    given = _mapping(document or {}, "a person", set(Subscriber.__struct_fields__))
    values = {name: _at(name, _READERS[name], raw) for name, raw in given.items()}
    if "fails" in given:
        values |= _failure(given["fails"])
    if isinstance(given.get("refused"), dict):
        values |= _at("refused", _refusal, given["refused"])
    return Subscriber(**values)  # type: ignore[arg-type]


def _failure(raw: object) -> dict[str, object]:
    code = isinstance(raw, int) and raw in _SIP_CODES
    return {"fails": ALWAYS, "sip_code": raw} if code else {}


def _refused(raw: object) -> int:
    return _code(raw["code"]) if isinstance(raw, dict) and "code" in raw else _code(raw)


def _refusal(raw: object) -> dict[str, object]:
    given = _mapping(raw, "a refusal", {"status", "code"})
    status = _code(given.get("status", 400))
    if status not in _ERROR_STATUSES:
        raise ValueError(f"status: {status} is not from 400 to 599")
    return {"refused": _code(given.get("code")), "refused_status": status}


def _addresses(raw: object) -> Mapping[str, object]:
    people = _mapping(raw or {}, "people")
    for address in people:
        if not isinstance(address, str):
            raise ValueError(f"people: {address!r} is a number to YAML; quote it")  # noqa: TRY004 - one error for all of a file
    return people


def _mapping(
    raw: object, what: str, known: set[str] | None = None
) -> Mapping[str, object]:
    if not isinstance(raw, dict):
        raise ValueError(f"{what}: expected keys and values, found {raw!r}")  # noqa: TRY004 - one error for all of a file
    strange = set(raw) - known if known else set()
    if strange and known:
        raise ValueError(
            f"{what}: unknown {', '.join(sorted(map(str, strange)))};"
            f" there are {', '.join(sorted(known))}"
        )
    return raw


def _at(where: str, read: Callable[[object], T], raw: object) -> T:
    try:
        return read(raw)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error


def _faults(raw: object) -> tuple[Fault, ...]:
    if not isinstance(raw, list):
        raise ValueError(f"faults: expected a list, found {raw!r}")  # noqa: TRY004 - one error for all of a file
    return tuple(_at("faults", _fault, each) for each in raw)


def _fault(raw: object) -> Fault:
    return read_fault(_mapping(raw, "a fault"))


def _pace(raw: object) -> float | None:
    if raw is None:
        return None
    if isinstance(raw, int | float) and not isinstance(raw, bool) and raw > 0:
        return float(raw)
    raise ValueError(f"calls_per_second: {raw!r} is not a number above 0")


def _times(raw: object) -> int:
    if isinstance(raw, bool):
        return ALWAYS if raw else 0
    if isinstance(raw, int) and raw >= 0:
        return raw
    raise ValueError(f"{raw!r} is neither true, false nor how many times")


def _code(raw: object) -> int:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    raise ValueError(f"{raw!r} is not a code")


def _flag(raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    raise ValueError(f"{raw!r} is neither true nor false")


def _listed_seconds(raw: object) -> float:
    return float(ALWAYS) if raw is True else seconds(raw)


def _optional_seconds(raw: object) -> float | None:
    return None if raw is None else seconds(raw)


def _dials_in(raw: object) -> tuple[DialIn, ...]:
    if not isinstance(raw, list):
        raise ValueError(f"expected a list, found {raw!r}")  # noqa: TRY004 - one error for all of a file
    return tuple(_dial_in(each) for each in raw)


def _dial_in(raw: object) -> DialIn:
    given = _mapping(raw, "a call", {"room", "to", "at", "label", "withheld"})
    room, to, label = given.get("room"), given.get("to"), given.get("label")
    where = to if room is None else room
    if not isinstance(where, str) or not isinstance(label, str | None):
        raise ValueError(f"room or to is needed, and label is a text: {raw!r}")  # noqa: TRY004 - one error for all of a file
    if to is not None and (room is not None or label is not None):
        raise ValueError(f"a call to a number has no room and no label: {raw!r}")
    withheld = read_withheld(given.get("withheld"))
    at = seconds(given.get("at", 0))
    if to is not None:
        return DialIn("", at, None, withheld, to=where)
    return DialIn(where, at, label, withheld)


def read_withheld(raw: object) -> str:
    """A word of ``WITHHELD``, or empty for None; ValueError for anything else."""
    word = "" if raw is None else str(raw).lower()
    if word and word not in WITHHELD:
        raise ValueError(f"withheld: {raw!r} is none of {', '.join(WITHHELD)}")
    return word


_READERS: Mapping[str, Callable[[object], object]] = {
    "answers_after": seconds,
    "busy": _times,
    "no_answer": _times,
    "fails": _times,
    "sip_code": _code,
    "hangs_up_after": _optional_seconds,
    "refused": _refused,
    "refused_status": _code,
    "machine": _flag,
    "told_after": seconds,
    "message_seconds": seconds,
    "ghost_seconds": seconds,
    "listed_seconds": _listed_seconds,
    "dials_in": _dials_in,
}

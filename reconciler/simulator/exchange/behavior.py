"""Parses and describes switches."""

import typing
from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from reconciler.model.duration import seconds
from reconciler.simulator.exchange.switch_sources import SOURCES
from reconciler.simulator.exchange.switch_table import Switches

__all__ = ["Switch", "Switches", "describe_switches", "flip"]


class Switch(Struct, frozen=True):
    """A switch as documentation shows it; ``choices`` may be empty.

    ``source`` is what is known of the question, from where, with its date.
    """

    name: str
    kind: str
    default: object
    choices: tuple[str, ...]
    about: str
    source: str


def describe_switches() -> tuple[Switch, ...]:
    """Every switch, in the order of the class."""
    return tuple(_describe(name) for name in _hints())


def flip(switches: Switches, given: Mapping[str, object]) -> Switches:
    """The switches with others values; ValueError says which name or value is wrong."""
    changes = {name: _value(name, raw) for name, raw in given.items()}
    return replace(switches, **changes)


@lru_cache
def _hints() -> Mapping[str, tuple[object, ...]]:
    hints = typing.get_type_hints(Switches, include_extras=True)
    return {name: typing.get_args(hint) for name, hint in hints.items()}


def _describe(name: str) -> Switch:
    base, about = _hints()[name][0], str(_hints()[name][-1])
    choices = tuple(str(each) for each in typing.get_args(base))
    kind = "word" if choices else "boolean" if base is bool else "number"
    return Switch(name, kind, getattr(Switches(), name), choices, about, SOURCES[name])


def _value(name: str, raw: object) -> object:
    if name not in _hints():
        near = get_close_matches(name, _hints(), n=1)
        meant = f"; did you mean {near[0]}?" if near else ""
        raise ValueError(f"unknown switch {name!r}{meant}")
    switch = _describe(name)
    try:
        return _read(switch, raw)
    except ValueError as error:
        raise ValueError(f"switch {name}: {error}") from error


def _read(switch: Switch, raw: object) -> object:
    word = str(raw).lower()
    if switch.kind == "number":
        return seconds(raw)
    if switch.kind == "boolean" and word in {"true", "false"}:
        return word == "true"
    if word in switch.choices:
        return word
    allowed = " or ".join(switch.choices or ("true", "false"))
    raise ValueError(f"{raw!r} is not {allowed}")

"""Values as JSON documents and back, by their types.

A structure is an object with its name under ``=`` and the fields that are not as by
default; tuples and sets are arrays; a mapping is an array of pairs. What a document
names is looked up among the types that a root type can hold, and nowhere else.
"""

import types
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from enum import Enum
from functools import lru_cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from msgspec import NODEFAULT, Struct
from msgspec.structs import FieldInfo, fields

TAG = "="
"""The key of a structure's name."""

_UNIONS = (Union, types.UnionType)


def to_document(value: object) -> Any:
    """*value* as dicts, lists, strings, numbers, booleans and None."""
    match value:
        case Enum():
            return value.value
        case Mapping():
            return [[to_document(x), to_document(y)] for x, y in value.items()]
        case AbstractSet():
            return sorted(map(to_document, value))
        case tuple() | list():
            return [to_document(each) for each in value]
        case Struct():
            return {TAG: type(value).__name__, **dict(_said(value))}
        case _:
            return value


def _said(value: Struct) -> Iterator[tuple[str, Any]]:
    """The fields that are not as by default."""
    for field in _fields(type(value)):
        mine = getattr(value, field.name)
        if mine != _default(field):
            yield field.name, to_document(mine)


@lru_cache
def _fields(kind: type[Struct]) -> tuple[FieldInfo, ...]:
    return fields(kind)


def _default(field: FieldInfo) -> object:
    if field.default_factory is not NODEFAULT:
        return field.default_factory()
    return field.default


def from_document(document: Any, root: Any) -> Any:
    """The value of type *root* that ``to_document`` gave; ValueError for another."""
    try:
        return _read(document, root, known_types(root))
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


@lru_cache
def known_types(root: Any) -> Mapping[str, type]:
    """The structures that a value of type *root* can hold, by name."""
    found: dict[str, type] = {}
    to_do = [root]
    while to_do:
        hint = to_do.pop()
        to_do += get_args(hint)
        if not isinstance(hint, type) or not issubclass(hint, Struct):
            continue
        if hint.__name__ not in found:
            found[hint.__name__] = hint
            to_do += _hints(hint).values()
    return found


@lru_cache
def _hints(kind: type) -> Mapping[str, Any]:
    return get_type_hints(kind)


def _read(document: Any, hint: Any, known: Mapping[str, type]) -> Any:
    if isinstance(document, dict):
        return _structure(document, known)
    origin, inner = get_origin(hint), get_args(hint)
    if origin in _UNIONS:
        return _read(document, _fitting(document, inner), known)
    if isinstance(document, list):
        return _collection(document, origin, inner, known)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(document)
    if hint is float and type(document) is int:
        return float(document)
    _require(document, hint)
    return document


def _require(document: Any, hint: Any) -> None:
    """ValueError unless a plain value is of the type that is expected."""
    kind = type(None) if hint is None else hint
    fits = not isinstance(kind, type) or isinstance(document, kind)
    if not fits:
        raise ValueError(f"{document!r} where {kind.__name__} is expected")


def _structure(document: Mapping[str, Any], known: Mapping[str, type]) -> Any:
    name = document.get(TAG)
    kind = known.get(str(name))
    if kind is None:
        raise ValueError(f"unknown kind {name!r}")
    hints = _hints(kind)
    fields = {key: value for key, value in document.items() if key != TAG}
    if unknown := fields.keys() - hints.keys():
        raise ValueError(f"{name} has no field {min(unknown)!r}")
    return kind(**{key: _read(x, hints[key], known) for key, x in fields.items()})


def _fitting(document: Any, kinds: tuple[Any, ...]) -> Any:
    """The part of a union that a document fits; the first of several."""
    fits = [kind for kind in kinds if _fits(document, kind)]
    if not fits:
        raise ValueError(f"{document!r} is none of {', '.join(map(str, kinds))}")
    return fits[0]


def _fits(document: Any, kind: Any) -> bool:
    if kind is type(None) or document is None:
        return document is None and kind is type(None)
    if isinstance(document, list):
        return get_origin(kind) is not None
    if isinstance(kind, type) and issubclass(kind, Enum):
        return document in {each.value for each in kind}
    if kind is float:
        return type(document) in {int, float}
    return type(document) is kind


def _collection(
    document: list[Any], origin: Any, inner: tuple[Any, ...], known: Mapping[str, type]
) -> Any:
    if origin is None:
        raise ValueError(f"{document!r} where no array is expected")
    if issubclass(origin, Mapping):
        key, value = inner
        return {_read(x, key, known): _read(y, value, known) for x, y in document}
    if issubclass(origin, AbstractSet):
        return frozenset(_read(each, inner[0], known) for each in document)
    if issubclass(origin, tuple) and Ellipsis not in inner:
        pairs = zip(document, inner, strict=True)
        return tuple(_read(x, kind, known) for x, kind in pairs)
    build: Callable[[Any], Any] = tuple if issubclass(origin, tuple) else list
    return build([_read(each, inner[0], known) for each in document])

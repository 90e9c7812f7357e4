"""Replaces numbers, SIDs, addresses, names and texts, each by the same word each time.

Everything is replaced that is not known to be safe: enumerations, numbers that are no
phone numbers, names of Twilio's parameters, words that Twilio allows. Times stay.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from enum import Enum
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from reconciler.model.account_name import DEFAULT_ACCOUNT
from reconciler.model.caller import WITHHELD_NUMBERS, WITHHELD_WORDS
from reconciler.model.declaration import NORMAL
from reconciler.model.parameter import BY_NAME, ValueKind
from reconciler.model.phone import normal_address
from reconciler.planning.approval import approvable, fingerprint, scope_of
from reconciler.planning.approved_names import name_of
from reconciler.replay.look import Look, decide

T = TypeVar("T")

_SID = re.compile(r"\b([A-Z]{2})[0-9a-f]{32}\b")
_NUMBER = re.compile(r"\+\d{7,15}")
_ADDRESS = re.compile(r"(client|sip|sips|app|whatsapp):.+", re.DOTALL)
_URL = re.compile(r"(https?|wss?)://.+", re.DOTALL)
_KEPT_FIELDS = frozenset({"direction", "answered_by", "guard"})
_KEPT_WORDS = {DEFAULT_ACCOUNT, NORMAL} | WITHHELD_NUMBERS | WITHHELD_WORDS
_PAIRS = frozenset({"fields", "create_only", "write_only", "sent", "memory"})
"""Fields that hold names of parameters with values."""


class LookAnonymizer:
    """Remembers what it replaced: the same word stands for the same person for ever."""

    def __init__(self) -> None:
        self._words: dict[str, str] = {}
        self._counts: dict[str, int] = defaultdict(int)

    def look(self, look: Look) -> Look:
        """The look of people who do not exist, on which the same is decided."""
        anonymous = self.value(look, "")
        if look.ledger.approval is None:
            return anonymous
        return self._approved(look, anonymous)

    def value(self, value: T, field: str) -> T:
        """*value* of a field of that name, with all words replaced."""
        return self._any(value, field)  # type: ignore[no-any-return]

    def _any(self, value: Any, field: str) -> Any:
        if isinstance(value, Enum) or not value:
            return value
        if isinstance(value, str):
            return self._text(value, field)
        if isinstance(value, Struct):
            return self._struct(value)
        return self._collection(value, field)

    def _struct(self, value: Any) -> Any:
        changed = {
            name: self._any(getattr(value, name), name)
            for name in value.__struct_fields__
        }
        return replace(value, **changed)

    def _collection(self, value: Any, field: str) -> Any:
        if isinstance(value, Mapping):
            return {self._any(x, ""): self._value(y, field) for x, y in value.items()}
        if isinstance(value, AbstractSet):
            return frozenset(self._any(each, field) for each in value)
        if not isinstance(value, tuple):
            return value
        if field in _PAIRS and all(map(_is_pair, value)):
            return tuple(self._parameter(*pair) for pair in value)
        return tuple(self._any(each, field) for each in value)

    def _value(self, value: Any, field: str) -> Any:
        """The value of a mapping; what is remembered of a call is by parameter."""
        if field == "memory" and isinstance(value, Mapping):
            return dict(self._parameter(*pair) for pair in value.items())
        return self._any(value, field)

    def _parameter(self, name: str, value: Any) -> tuple[str, Any]:
        """A parameter with its value: a word that Twilio allows stays."""
        kind, colon, word = name.partition(":")
        name = f"{kind}:{self._word(word)}" if colon else name
        parameter = BY_NAME.get(name)
        if parameter is not None and parameter.kind in {
            ValueKind.WORD,
            ValueKind.WORDS,
        }:
            return name, value
        return name, self._any(value, name)

    def _text(self, text: str, field: str) -> str:
        if field in _KEPT_FIELDS or text in _KEPT_WORDS:
            return text
        if field == "field":
            return self._correction(text)
        return self._word(text)

    def _correction(self, text: str) -> str:
        """``name=value`` of a correction that was sent."""
        name, _, value = text.partition("=")
        is_flag = value.lower() in {"true", "false", ""}
        return text if is_flag else f"{name}={self._word(value)}"

    def _word(self, text: str) -> str:
        if text not in self._words:
            self._words[text] = self._fresh(text)
        return self._words[text]

    def _fresh(self, text: str) -> str:
        """A word of the same kind that nobody has."""
        if match := _SID.fullmatch(text):
            return f"{match[1]}{self._next(match[1]):032x}"
        if _NUMBER.fullmatch(text):
            return f"+1555{self._next('number'):07d}"
        if match := _ADDRESS.fullmatch(text):
            return self._address(match[1], text)
        if match := _URL.fullmatch(text):
            return f"{match[1]}://example.invalid/{self._next('url')}"
        return f"name-{self._next('name')}"

    def _address(self, scheme: str, text: str) -> str:
        """Custom parameters of a client make no other client of it."""
        bare = normal_address(text)
        if bare != text:
            return f"{self._word(bare)}?p={self._next('parameters')}"
        host = "@example.invalid" if scheme.startswith("sip") else ""
        return f"{scheme}:p{self._next('address')}{host}"

    def _next(self, kind: str) -> int:
        self._counts[kind] += 1
        return self._counts[kind]

    def _approved(self, look: Look, anonymous: Look) -> Look:
        """An approval names actions by hashes: those of what it now stands for."""
        given, sid = look.ledger.approval, look.authority.account_sid
        anonymous_sid = anonymous.authority.account_sid
        mine, other = _unapproved(look), _unapproved(anonymous)
        before, after = decide(mine).plan, decide(other).plan
        names = {
            name_of(x.action, scope_of(before, sid)): name_of(
                y.action, scope_of(after, anonymous_sid)
            )
            for x, y in zip(approvable(before), approvable(after), strict=False)
        }
        if given is None or anonymous.ledger.approval is None:
            return anonymous
        whole = fingerprint(before, sid) == given.fingerprint
        left = given.remaining
        approval = replace(
            anonymous.ledger.approval,
            fingerprint=fingerprint(after, anonymous_sid) if whole else "",
            remaining=None if left is None else tuple(names.get(x, x) for x in left),
        )
        return replace(anonymous, ledger=replace(anonymous.ledger, approval=approval))


def _unapproved(look: Look) -> Look:
    return replace(look, ledger=replace(look.ledger, approval=None))


def _is_pair(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str)  # noqa: PLR2004 - a pair

"""``field=value`` of a state field, as ``set`` takes it."""

from collections.abc import Sequence

from reconciler.model.errors import SettingError
from reconciler.model.roster import Fields, Roster, Value
from reconciler.planning.describe import quoted
from reconciler.planning.roster_layers import STATE_FIELDS

_WORDS = {"true": True, "false": False}


def parted(
    words: Sequence[str], roster: Roster
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """*words* as labels and fields: labels come first, each once.

    The first word is a label, and each later one that the roster names, or that
    cannot be a field.
    """
    labels = words[:1]
    for word in words[1:]:
        if roster.member(word) is None and ("=" in word or word in STATE_FIELDS):
            break
        labels = (*labels, word)
    texts = tuple(words[len(labels) :])
    if not texts:
        raise SettingError("give a field with its value, such as muted=true")
    return tuple(dict.fromkeys(labels)), texts


def parse_fields(texts: Sequence[str], label: str, roster: Roster) -> Fields:
    """The state fields of *texts*, each once; SettingError with what to write."""
    said = [_field(text, label, roster) for text in texts]
    names = [name for name, _ in said]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SettingError(f"{twice[0]} is given twice: write it once")
    return tuple(sorted(said))


def require_state_field(name: str) -> None:
    """SettingError unless an override may be about *name*."""
    if name not in STATE_FIELDS:
        raise SettingError(
            f"'{name}' is not a state field: write one of {', '.join(STATE_FIELDS)}. "
            "Other fields are changed in the roster file"
        )


def _field(text: str, label: str, roster: Roster) -> tuple[str, Value]:
    name, equals, word = text.partition("=")
    if not equals:
        raise SettingError(f"'{text}' is not FIELD=VALUE: write muted=true")
    require_state_field(name)
    if name == "coaching":
        return name, _coaching(word, label, roster)
    if word not in _WORDS:
        raise SettingError(
            f"{name} must be true or false: write {name}=true, not '{text}'"
        )
    return name, _WORDS[word]


def _coaching(word: str, label: str, roster: Roster) -> Value:
    if word == "false":
        return False
    labels = [member.label for member in roster.members if member.label != label]
    if word not in labels:
        others = ", ".join(labels) or "nobody else"
        raise SettingError(
            f"'{word}' is not a member whom {quoted(label)} can coach: write "
            "coaching=false, "
            f"or one of {others}"
        )
    return word

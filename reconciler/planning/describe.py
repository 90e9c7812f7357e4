"""Actions and people as one line of text, numbers masked."""

from reconciler.model.action import Action, Change, FieldChange, Remove, Ring
from reconciler.model.masking import mask, mask_secrets
from reconciler.model.parameter import BY_NAME, Secrecy
from reconciler.model.roster import Value

_PHRASES = {
    ("muted", True): "mute",
    ("muted", False): "unmute",
    ("hold", True): "put on hold",
    ("hold", False): "take off hold",
    ("coaching", False): "stop coaching",
    ("end_conference_on_exit", True): "set end_conference_on_exit to true",
    ("end_conference_on_exit", False): "set end_conference_on_exit to false",
}


def subject(action: Action) -> str:
    """The label, or the call where nobody is named."""
    if isinstance(action, Ring):
        return action.label
    if isinstance(action, Remove) and action.call_sid is None:
        return "everybody"
    return action.label or action.call_sid or "somebody"


def describe(action: Action) -> str:
    """What is done, as a phrase that starts with a verb."""
    match action:
        case Ring():
            return f"ring {mask(action.to)}{_manner(action)}"
        case Remove():
            if not action.connected:
                return "cancel the call"
            return "end the conference" if action.call_sid is None else "remove"
        case Change():
            return (
                ", ".join(filter(None, map(_phrase, action.field_changes))) or "change"
            )


def shown(name: str, value: Value | None, *, numbers: bool = False) -> Value | None:
    """A field's value as it may be seen: secrets hidden, and numbers but for *numbers*."""
    parameter = BY_NAME.get(name)
    if parameter is not None and parameter.secrecy is Secrecy.MASKED and value:
        return "•••"
    if not isinstance(value, str):
        return value
    return mask_secrets(value) if numbers else mask(value)


def _manner(ring: Ring) -> str:
    fields = dict(ring.fields)
    manner = [
        word
        for word, name in (("muted", "muted"), ("as coach", "coaching"))
        if fields.get(name) is True
    ]
    return f" ({', '.join(manner)})" if manner else ""


def _phrase(field_change: FieldChange) -> str:
    if field_change.before == field_change.after:
        return ""
    if field_change.name == "coaching" and field_change.after is True:
        return ""
    if field_change.name == "call_sid_to_coach":
        return f"coach {field_change.after}"
    if (
        isinstance(field_change.after, bool)
        and (field_change.name, field_change.after) in _PHRASES
    ):
        return _PHRASES[field_change.name, field_change.after]
    if field_change.name == "announce_url":
        return f"announce {shown(field_change.name, field_change.after)}"
    after = shown(field_change.name, field_change.after)
    if isinstance(after, bool):
        after = str(after).lower()
    return (
        f"clear {field_change.name}"
        if after in {"", None}
        else f"set {field_change.name} to {after}"
    )


def quoted(word: str) -> str:
    """*word* as a shell takes it."""
    plain = word.replace("-", "").replace("_", "").replace(".", "")
    safe = plain.isalnum() and not word.startswith("-")
    return word if safe else "'" + word.replace("'", "'\\''") + "'"


def redialing(room: str, label: str) -> str:
    """The command that has *label* called again, ready to paste."""
    return f"reconciler redial {quoted(room)} {quoted(label)}"


def resolving(room: str, label: str) -> str:
    """The command that says what became of a lost call, without the answer."""
    return f"reconciler resolve {quoted(room)} {quoted(label)}"


def explaining(room: str, label: str) -> str:
    """The command that shows why *label* is as they are."""
    return f"reconciler explain {quoted(room)} {quoted(label)}"


def queued(calls: int, seconds: float) -> str:
    """Calls that wait for the account's pace, and when the last one is placed."""
    when = f"the last in about {seconds:.0f} s"
    return f"{counted(calls, 'call', 'calls')} queued, {when}"


def counted(number: int, one: str, many: str) -> str:
    """A number with its noun: ``1 person``, ``2 people``."""
    return f"{number} {one if number == 1 else many}"

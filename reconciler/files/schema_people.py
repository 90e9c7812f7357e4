"""People, groups, roles and modes in the JSON Schema of a roster file."""

from collections.abc import Callable, Iterable
from typing import TypeAlias

from reconciler.files import groups as of_groups
from reconciler.files import label, name
from reconciler.files.keys import MODE_KEYS, PERSON_KEYS, ROLE_KEYS
from reconciler.files.member_fields import LEAST_URGENT
from reconciler.files.modes import UNLISTED
from reconciler.files.scalar import bounds
from reconciler.files.schema_schedule import periods, timezone
from reconciler.files.schema_value import (
    Schema,
    described,
    mapping,
    parameter_value,
    seconds,
    text,
    words,
)
from reconciler.model.declaration import NORMAL
from reconciler.model.parameter import BY_NAME
from reconciler.model.roster import GroupOrder, Late, Machine, Unlisted

Properties: TypeAlias = Callable[[Iterable[str]], Schema]
"""The properties of these keys of a member."""

_ROLE = text(minLength=1)
_LABEL = {"type": "string", "maxLength": label.LONGEST, "pattern": f"^{label.LABEL}$"}
_LABELS = {"type": "array", "items": _LABEL, "minItems": 1, "uniqueItems": True}
_CSV = {"type": "string", "minLength": 1}
_RESERVED = "|".join(sorted(name.RESERVED))
_NAME = f"^(?!({_RESERVED})$){name.NAME}$"


def member_extras() -> Schema:
    """Keys of a member that Twilio knows nothing of."""
    return {
        "role": described(_ROLE, "The role whose keys hold where the member has none."),
        "protect": described(
            {"type": "boolean"}, "Removed by a person's command that names them, only."
        ),
        "priority": described(
            {"type": "integer", "minimum": 1, "maximum": LEAST_URGENT},
            "1 is called first.",
        ),
        "machine": described(
            words(tuple(Machine)), "What happens to a call that a machine answers."
        ),
        "replaces": described(_replaces(), "Who stays until this person is connected."),
        "timezone": timezone("The time zone of this person's schedule."),
        "schedule": periods(),
    }


def _replaces() -> Schema:
    properties = {
        "label": _reference_or(_LABEL),
        "settle": seconds(),
        "deadline": seconds(),
        "then": words(tuple(Late)),
    }
    longer = {
        **mapping(properties, required=("label",)),
        "dependencies": {"then": ["deadline"]},
    }
    return {"anyOf": [_reference_or(_LABEL), longer]}


def _reference_or(what: Schema) -> Schema:
    return {"anyOf": [what, {"type": "string", "pattern": r"\$\{"}]}


def people(properties: Properties) -> Schema:
    """People for all rooms, or the CSV file that lists them."""
    person = mapping(properties(PERSON_KEYS), required=("to",))
    by_label = {
        "type": "object",
        "propertyNames": {"maxLength": label.LONGEST, "pattern": f"^{label.LABEL}$"},
        "additionalProperties": person,
    }
    csv = mapping({"csv": _CSV}, required=("csv",))
    return described({"anyOf": [by_label, csv]}, "People by label, or {csv: FILE}.")


def shared_groups() -> Schema:
    """Lists of labels for all rooms."""
    csv = mapping({"csv": _CSV}, required=("csv",))
    return _by_name({"anyOf": [_LABELS, csv]})


def groups() -> Schema:
    """The groups of a room."""
    least, most = bounds(1, None)
    properties = {
        "role": _ROLE,
        "want": described(
            {"type": "integer", "minimum": least, "maximum": most},
            "How many of them are to be in; all of them by default.",
        ),
        "each": described(
            seconds(of_groups.MIN_EACH_SECONDS), "How long each is called alone."
        ),
        "order": words(tuple(GroupOrder)),
        "late": described(words(tuple(Late)), "What happens to who answers too late."),
        "members": _LABELS,
        "csv": _CSV,
        "timezone": timezone("The time zone of the group's schedule."),
        "schedule": periods(),
    }
    return _by_name({"anyOf": [_LABELS, mapping(properties)]})


def roles(properties: Properties) -> Schema:
    """What holds for everybody of a role."""
    return described(
        _by_name(mapping(properties(ROLE_KEYS))), "Keys for everybody of a role."
    )


def modes() -> Schema:
    """Variations of a room."""
    states = {
        key: _ROLE if key == "role" else parameter_value(BY_NAME[key])
        for key in MODE_KEYS
    }
    mode = {
        "type": "object",
        "properties": {UNLISTED: words(tuple(Unlisted))},
        "additionalProperties": mapping(states),
    }
    about = "By label, group, role NAME or others: what is different in a mode."
    return described(_by_name(mode, NORMAL), about)


def _by_name(what: Schema, *reserved: str) -> Schema:
    names: Schema = {"maxLength": name.LONGEST, "pattern": _NAME}
    if reserved:
        names["not"] = {"enum": list(reserved)}
    return {"type": "object", "propertyNames": names, "additionalProperties": what}

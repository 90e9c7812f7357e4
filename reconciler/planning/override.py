"""Overrides as people write and read them."""

from reconciler.model.declaration import Override, OverrideVerb
from reconciler.model.roster import Value


def words_of(override: Override) -> str:
    """An override in a few words, beginning with its verb as a command has it."""
    match override.verb:
        case OverrideVerb.SET:
            fields = " ".join(f"{name}={written(x)}" for name, x in override.fields)
            return f"set {override.labels[0]} {fields}"
        case OverrideVerb.MUTE_ALL if override.labels:
            return f"mute-all except {', '.join(override.labels)}"
        case OverrideVerb.ONLY:
            return f"only {', '.join(override.labels)}"
        case OverrideVerb.MODE:
            return f"mode {override.mode}"
        case _:
            return str(override.verb)


def written(value: Value) -> str:
    """A value as a command line takes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)

"""Fields of the decision forms as values; SettingError says what to write."""

from reconciler.model.duration import parse_duration
from reconciler.model.errors import SettingError
from reconciler.model.masking import invisible
from reconciler.operations.override_change import LONGEST_SECONDS, Lasting
from reconciler.page.submitted_form import Fields

LONGEST_REASON = 500


def seconds_of(fields: Fields, name: str = "for") -> float | None:
    """A length of time such as ``10m``, None where none is written."""
    text = fields.get(name, "").strip()
    if not text:
        return None
    try:
        seconds = parse_duration(text)
    except ValueError:
        raise SettingError(f"'{text}' is not a duration: write 30s, 5m or 1h") from None
    if not 0 < seconds <= LONGEST_SECONDS:
        raise SettingError("the time must be more than 0, and at most 10 years")
    return seconds


def reason_of(fields: Fields, otherwise: str = "") -> str:
    """One line of plain text."""
    text = fields.get("reason", "").strip()
    if hidden := invisible(text):
        raise SettingError(f"the reason holds {hidden}: write one line of plain text")
    if len(text) > LONGEST_REASON:
        raise SettingError(f"the reason has more than {LONGEST_REASON} characters")
    return text or otherwise


def lasting_of(fields: Fields) -> Lasting:
    """How long an override counts, and why."""
    return Lasting(seconds_of(fields), None, reason_of(fields))


def labels_of(fields: Fields) -> tuple[str, ...]:
    """The labels that are chosen, each once."""
    return tuple(dict.fromkeys(x for x in fields.all.get("label", ()) if x))

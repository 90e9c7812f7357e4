"""Reasons that people give, as they are put on record."""

from reconciler.model.errors import SettingError
from reconciler.model.masking import invisible


def checked_reason(text: str) -> str:
    """One line of plain text, without blanks around it; else SettingError."""
    reason = text.strip()
    if not reason:
        raise SettingError("must not be empty")
    if hidden := invisible(reason):
        raise SettingError(f"it holds {hidden}: write one line of plain text")
    return reason

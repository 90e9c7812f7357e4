"""The order of a conference's events."""

from collections.abc import Mapping


def sequence_number(form: Mapping[str, str]) -> int:
    """The SequenceNumber of an event, 0 without one."""
    written = form.get("SequenceNumber", "")
    return int(written) if written.isdecimal() else 0

"""Refusals: the errors of Twilio's dictionary that the exchange gives."""

from collections.abc import Mapping
from typing import Final

BAD_PARAMETER = 20001
METHOD_NOT_ALLOWED = 20004
BAD_PAGE_SIZE = 20007
NOT_FOUND = 20404
NOT_BRIDGED = 16001
CONFERENCE_FULL = 16020
CONFERENCE_OVER = 16022
BAD_LABEL = 16024
LABEL_IN_USE = 16026
TARGET_ON_HOLD = 16027
TARGET_ABSENT = 16028
UNEXPECTED_STATUS = 16099
INVALID_CALL_STATE = 21220
FEATURE_OFF = 12400
TOO_MANY_REQUESTS = 20429
ADD_FAILED = 16030

_STATUS: Final = {METHOD_NOT_ALLOWED: 405, NOT_FOUND: 404, FEATURE_OFF: 403}
_WORDS: Final[Mapping[int, str]] = {
    FEATURE_OFF: "Access Denied",
    ADD_FAILED: "An unexpected internal error occurred while adding a participant",
    METHOD_NOT_ALLOWED: "Method not allowed",
    BAD_PAGE_SIZE: "Page size must be between 1 and 1000",
    NOT_FOUND: "The requested resource {path} was not found",
    NOT_BRIDGED: "Conference is not bridged",
    CONFERENCE_FULL: "Conference is full",
    CONFERENCE_OVER: "Conference does not exist or is completed",
    BAD_LABEL: "Invalid participant label, must not exceed 128 characters, "
    "must not be a CallSid, must not contain '/'",
    LABEL_IN_USE: "Participant label is in use by another participant",
    TARGET_ON_HOLD: "Participant to be whispered is on hold",
    TARGET_ABSENT: "Participant to be whispered is not present in the conference",
    UNEXPECTED_STATUS: "Unexpected conference status",
    INVALID_CALL_STATE: "Call is not in a state that allows this",
    21211: "Invalid 'To' Phone Number",
    21214: "'To' phone number cannot be reached",
    21215: "Account not authorized to call this number",
    21216: "Account not allowed to call this number",
    21217: "Phone number does not appear to be valid",
}


def message_of(code: int, otherwise: str = "Bad request") -> str:
    """Twilio's words for a code; ``{path}`` stands for the path asked for."""
    return _WORDS.get(code, otherwise)


class ApiError(Exception):
    """Twilio would not do it. Nothing has changed.

    ``status`` is the one given, else what Twilio's facts say of the code, 400
    where they are silent; ``fixed`` says that it was given. ``{path}`` in the
    message stands for the path asked for.
    """

    def __init__(self, code: int, message: str = "", *, status: int = 0) -> None:
        super().__init__(message or message_of(code))
        self.code = code
        self.fixed = bool(status)
        self.status = status or _STATUS.get(code, 400)

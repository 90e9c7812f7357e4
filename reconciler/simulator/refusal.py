"""Refusals: the errors of Twilio's dictionary that the exchange gives."""

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

_STATUS = {METHOD_NOT_ALLOWED: 405, NOT_FOUND: 404}
_WORDS = {
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


class Refused(Exception):  # noqa: N818 - a refusal, not a fault
    """Twilio would not do it. Nothing has changed.

    ``status`` is what Twilio's facts say of the code, 400 where they are
    silent; ``{path}`` in the message stands for the path asked for.
    """

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(message or _WORDS.get(code, "Bad request"))
        self.code = code
        self.status = _STATUS.get(code, 400)

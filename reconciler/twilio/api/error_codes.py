"""Table of Twilio's error codes: meaning and remedy.

Twilio: error dictionary, https://www.twilio.com/docs/api/errors.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct


class ErrorClass(StrEnum):
    """What a code asks of us.

    stop       the account or its credentials are refused: end the run
    forbidden  this request is not allowed: of a read, as ``stop``; of a write, as
               ``person``
    person     a person must change something; the same request fails again
    wait       the request was not carried out and may be later
    slow-down  too many requests: all of the account waits
    re-observe the world is not as we saw it: look, then plan again
    adopt      somebody active has the label: find out whether they are ours
    look       the request may have been carried out
    gone       what the request was about is not there
    """

    STOP = "stop"
    FORBIDDEN = "forbidden"
    PERSON = "person"
    WAIT = "wait"
    SLOW_DOWN = "slow-down"
    REOBSERVE = "re-observe"
    ADOPT = "adopt"
    LOOK = "look"
    GONE = "gone"


class Code(Struct, frozen=True):
    """One code.

    ``meaning`` completes the sentence "Twilio refused: …". ``step`` is the edit,
    setting or command that helps, "" where waiting does. ``status`` is the only
    HTTP status with which the code means this, 0 for any.
    """

    number: int
    error_class: ErrorClass
    meaning: str
    step: str = ""
    status: int = 0


_ACCOUNT = "see the account's state in the Twilio console"
_CREDENTIALS = (
    "correct it, and check that it belongs to this region: 'reconciler doctor'"
)
_TO = "correct 'to'"
_FROM = "use a number of this account as 'from', or verify it in the Twilio console"
_GEO = (
    "allow the country in the Twilio console (Voice, Geo permissions), or change 'to'"
)
_URL = "correct the participant's URL parameters"

TABLE: tuple[Code, ...] = (
    Code(10001, ErrorClass.STOP, "the account is not active", _ACCOUNT),
    Code(10004, ErrorClass.WAIT, "the account has reached its limit of concurrent calls"),
    Code(12400, ErrorClass.PERSON, "a feature that the request needs is disabled for this account", "turn it on in the Twilio console (Voice, Settings), or leave its parameter out", status=403),
    Code(13223, ErrorClass.PERSON, "the number to call is not written as a phone number", _TO),
    Code(13224, ErrorClass.PERSON, "the number to call is not valid", _TO),
    Code(13227, ErrorClass.PERSON, "the account may not call that country (geo permissions)", _GEO),
    Code(16001, ErrorClass.REOBSERVE, "the conference does not connect people yet"),
    Code(16003, ErrorClass.REOBSERVE, "no such conference, by SID or by name"),
    Code(16020, ErrorClass.WAIT, "the conference is full"),
    Code(16021, ErrorClass.WAIT, "the account has reached its limit of conference participants"),
    Code(16022, ErrorClass.REOBSERVE, "the conference does not exist or has ended"),
    Code(16024, ErrorClass.PERSON, "the label is not valid: at most 128 characters, no '/', not a call SID", "change the label"),
    Code(16026, ErrorClass.ADOPT, "the label is in use by somebody active in the conference", "remove that person, or change the label"),
    Code(16027, ErrorClass.WAIT, "the participant to be coached is on hold"),
    Code(16028, ErrorClass.WAIT, "the participant to be coached is not in the conference"),
    Code(16030, ErrorClass.LOOK, "Twilio failed to add the participant"),
    Code(16099, ErrorClass.REOBSERVE, "the conference is not in a state that allows this"),
    Code(20003, ErrorClass.STOP, "the account SID, token or key is wrong", _CREDENTIALS),
    Code(20004, ErrorClass.PERSON, "not allowed on this resource: possibly a name where a SID is needed", "check RECONCILER_TWILIO_URL"),
    Code(20005, ErrorClass.STOP, "the account is not active", _ACCOUNT),
    Code(20007, ErrorClass.PERSON, "a page of more than 1000 was asked for", "check RECONCILER_TWILIO_URL"),
    Code(20008, ErrorClass.STOP, "test credentials may not be used here", "use the account's live credentials"),
    Code(20010, ErrorClass.STOP, "the account is disabled", _ACCOUNT),
    Code(20162, ErrorClass.WAIT, "another update of the same resource is under way"),
    Code(20403, ErrorClass.FORBIDDEN, "the account does not allow this", _ACCOUNT),
    Code(20404, ErrorClass.GONE, "it does not exist, or no longer exists"),
    Code(20409, ErrorClass.WAIT, "another update of the same resource is under way"),
    Code(20422, ErrorClass.PERSON, "a parameter is not valid", "correct the participant's parameters"),
    Code(20423, ErrorClass.PERSON, "a SID is not valid", "correct the participant's parameters"),
    Code(20429, ErrorClass.SLOW_DOWN, "too many requests at once"),
    Code(20500, ErrorClass.LOOK, "an internal error at Twilio"),
    Code(20503, ErrorClass.LOOK, "Twilio is unavailable"),
    Code(21201, ErrorClass.PERSON, "the number to call is missing", _TO),
    Code(21205, ErrorClass.PERSON, "a URL is not valid", _URL),
    Code(21208, ErrorClass.PERSON, "the timeout is not valid", "correct 'timeout'"),
    Code(21209, ErrorClass.PERSON, "the HTTP method of a URL is not valid", _URL),
    Code(21210, ErrorClass.PERSON, "the number in 'from' is not verified for this account", _FROM),
    Code(21211, ErrorClass.PERSON, "the number in 'to' is not valid", _TO),
    Code(21212, ErrorClass.PERSON, "the number in 'from' is not valid", _FROM),
    Code(21213, ErrorClass.PERSON, "the number in 'from' is missing", _FROM),
    Code(21214, ErrorClass.PERSON, "the number in 'to' cannot be reached", _TO),
    Code(21215, ErrorClass.PERSON, "the account may not call that number (geo permissions)", _GEO),
    Code(21216, ErrorClass.PERSON, "the account may not call that number (blocked)", _TO),
    Code(21217, ErrorClass.PERSON, "the number in 'to' does not look like a phone number", _TO),
    Code(21218, ErrorClass.PERSON, "the application SID is not valid", _TO),
    Code(21219, ErrorClass.PERSON, "the number in 'to' is not verified, as a trial account needs", "verify it in the Twilio console, or upgrade the account"),
    Code(21220, ErrorClass.REOBSERVE, "the call is not in a state that allows this"),
)  # fmt: skip

BY_NUMBER: Mapping[int, Code] = MappingProxyType({each.number: each for each in TABLE})

"""Twilio's error codes: what each means and what to do about it.

Twilio: error dictionary, https://www.twilio.com/docs/api/errors.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Reaction(StrEnum):
    """What a code asks of us.

    stop       the account or its credentials do not allow this: end the run
    person     a person must change something; the same request fails again
    wait       the request was not carried out and may be later
    slow-down  too many requests: all of the account waits
    re-observe the world is not as we saw it: look, then plan anew
    adopt      somebody active has the label: find out whether they are ours
    look       the request may have been carried out
    gone       what the request was about is not there
    """

    STOP = "stop"
    PERSON = "person"
    WAIT = "wait"
    SLOW_DOWN = "slow-down"
    REOBSERVE = "re-observe"
    ADOPT = "adopt"
    LOOK = "look"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Code:
    """One code; ``meaning`` completes the sentence "Twilio refused: …"."""

    number: int
    reaction: Reaction
    meaning: str


TABLE: tuple[Code, ...] = (
    Code(10001, Reaction.STOP, "the account is not active"),
    Code(10004, Reaction.WAIT, "the account has as many calls at once as it may have"),
    Code(13223, Reaction.PERSON, "the number to ring is not written as a phone number"),
    Code(13224, Reaction.PERSON, "the number to ring is not valid"),
    Code(13227, Reaction.PERSON, "the account may not call that country (geo permissions)"),
    Code(16001, Reaction.REOBSERVE, "the conference does not connect people yet"),
    Code(16003, Reaction.REOBSERVE, "no such conference, by SID or by name"),
    Code(16020, Reaction.PERSON, "the conference is full"),
    Code(16021, Reaction.WAIT, "the account has as many people in conferences as it may have"),
    Code(16022, Reaction.REOBSERVE, "the conference does not exist or is over"),
    Code(16024, Reaction.PERSON, "the label is not valid: at most 128 characters, no '/', not a call SID"),
    Code(16026, Reaction.ADOPT, "the label is in use by somebody active in the conference"),
    Code(16027, Reaction.WAIT, "the one to be coached is on hold"),
    Code(16028, Reaction.WAIT, "the one to be coached is not in the conference"),
    Code(16030, Reaction.WAIT, "Twilio failed to add the participant"),
    Code(16099, Reaction.REOBSERVE, "the conference is not in a state that allows this"),
    Code(20003, Reaction.STOP, "the account SID, token or key is wrong"),
    Code(20004, Reaction.PERSON, "not allowed on this resource: a name may stand where a SID is needed"),
    Code(20005, Reaction.STOP, "the account is not active"),
    Code(20007, Reaction.PERSON, "a page of more than 1000 was asked for"),
    Code(20008, Reaction.STOP, "test credentials may not be used here"),
    Code(20010, Reaction.STOP, "the account is disabled"),
    Code(20162, Reaction.WAIT, "another update of the same resource is under way"),
    Code(20403, Reaction.STOP, "the credentials do not allow this"),
    Code(20404, Reaction.GONE, "it is not there, or not any more"),
    Code(20409, Reaction.WAIT, "another update of the same resource is under way"),
    Code(20422, Reaction.PERSON, "a parameter is not valid"),
    Code(20423, Reaction.PERSON, "a SID is not valid"),
    Code(20429, Reaction.SLOW_DOWN, "too many requests at once"),
    Code(20500, Reaction.LOOK, "an internal error at Twilio"),
    Code(20503, Reaction.LOOK, "Twilio is unavailable"),
    Code(21201, Reaction.PERSON, "the number to ring is missing"),
    Code(21205, Reaction.PERSON, "a URL is not valid"),
    Code(21208, Reaction.PERSON, "the timeout is not valid"),
    Code(21209, Reaction.PERSON, "the HTTP method of a URL is not valid"),
    Code(21210, Reaction.PERSON, "the number in 'from' is not verified for this account"),
    Code(21211, Reaction.PERSON, "the number in 'to' is not valid"),
    Code(21212, Reaction.PERSON, "the number in 'from' is not valid"),
    Code(21213, Reaction.PERSON, "the number in 'from' is missing"),
    Code(21214, Reaction.PERSON, "the number in 'to' cannot be reached"),
    Code(21215, Reaction.PERSON, "the account may not call that number (geo permissions)"),
    Code(21216, Reaction.PERSON, "the account may not call that number (blocked)"),
    Code(21217, Reaction.PERSON, "the number in 'to' does not look like a phone number"),
    Code(21218, Reaction.PERSON, "the application SID is not valid"),
    Code(21219, Reaction.PERSON, "the number in 'to' is not verified, as a trial account needs"),
    Code(21220, Reaction.REOBSERVE, "the call is not in a state that allows this"),
)  # fmt: skip

BY_NUMBER: Mapping[int, Code] = MappingProxyType({each.number: each for each in TABLE})

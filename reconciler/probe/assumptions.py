"""What the product assumes of each answer of a profile, and what breaks otherwise."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from reconciler.probe.answer_values import AnswerValue
from reconciler.probe.profile import Profile
from reconciler.probe.profile_comparison import shown


class Assumption(Struct, frozen=True):
    """What the product does about one behavior.

    ``relies`` says what it does or rests on. ``allowed`` are the answers that the
    assumption holds for, ``most`` is the greatest number; where both are None any
    answer does. ``breaks`` is what goes wrong for any other answer, "" if nothing does.
    """

    relies: str
    breaks: str = ""
    allowed: tuple[AnswerValue, ...] | None = None
    most: float | None = None

    def holds(self, answer: AnswerValue) -> bool:
        """Whether the product is right about it."""
        if self.most is not None:
            return isinstance(answer, float) and answer <= self.most
        return self.allowed is None or answer in self.allowed


class WrongAssumption(Struct, frozen=True):
    """An answer of an account that the product does not assume."""

    name: str
    answer: AnswerValue
    breaks: str

    @property
    def text(self) -> str:
        """One sentence for an operator."""
        return f"{self.name} is {shown(self.answer)}: {self.breaks}"


def _any(relies: str) -> Assumption:
    return Assumption(relies)


def _most(seconds: float, relies: str, breaks: str) -> Assumption:
    return Assumption(relies, breaks, most=seconds)


ASSUMPTIONS: Mapping[str, Assumption] = {
    "list_shows_ringing": _any(
        "A call on the way is known from the ledger; that it is not listed proves nothing."
    ),
    "label_held_while_ringing": Assumption(
        "The ledger prevents a second call; the label is a second guard where it is held.",
        "Twilio does not refuse a second call to somebody whose phone rings, so only "
        "the database prevents it. Do not restore an old copy of the database while "
        "phones ring.",
        (True,),
    ),
    "list_lag": _most(
        10.0,
        "A leg that a listing does not show is gone only when its call's record says so.",
        "Members count as on the way for longer than the 30 s after an answer that are "
        "allowed for it, and are shown as stalled.",
    ),
    "list_change_lag": _most(
        10.0,
        "For 10 s a listing may show the value from before an update of ours.",
        "Updates that worked are sent again, and corrections are reported as undone.",
    ),
    "conferences_list_lag": _most(
        10.0,
        "The conference SID of the create counts before the listing by name.",
        "After a restart a new room may be taken for one without a conference.",
    ),
    "conferences_without_status": _any("Conferences are always asked for by status."),
    "status_init": Assumption(
        "Rooms that have not started are found by Status=init.",
        "A waiting room is found only through its own calls: a caller who waits alone "
        "is not seen, and may be called although they are in.",
        ("served", "in-progress"),
    ),
    "ended_conference_missing_seconds": _any(
        "A conference that answers 404 counts as not known, not as ended."
    ),
    "new_call_missing_seconds": _most(
        30.0,
        "A call without a record counts as lost after 60 s at the earliest.",
        "Calls that are under way are shown as needing a person.",
    ),
    "call_lag": _most(
        10.0,
        "A call's record is believed when it says that the call is over.",
        "Redials, and reports of who left, come late by as much.",
    ),
    "calls_list_lag": _most(
        20.0,
        "A create without an answer is looked for among the calls for 30 s.",
        "A call that was placed is not found, and a person is asked whether the phone "
        "rang.",
    ),
    "ended_listed_seconds": _any("Legs that a listing shows as ended are not present."),
    "connecting_seconds": _any(
        "A call counts as on the way until its record says more."
    ),
    "update_ringing": _any(
        "Whoever is to be silent joins muted, since nobody is changed who has not answered."
    ),
    "change_of_gone": _any("A refused change leads to a look, whatever its code."),
    "withheld_caller": _any("Both forms count as nobody's number."),
    "delete_ringing": _any(
        "Somebody whose phone rings is let off by ending the call, not the participant."
    ),
    "kick_call_status": _any(
        "Why a call of ours ended is taken from what we did, not from its status."
    ),
    "kick_reason": _any("The reason of a leave event is not read."),
    "coach_when_target_leaves": _any(
        "A coach whose target left is muted before anything else."
    ),
    "coaching_flag_when_target_leaves": _any(
        "The target is compared with who is present, whatever the flag says."
    ),
    "retarget_in_one_post": _any(
        "A change of target that did not take is done again in two updates."
    ),
    "end_flag": _any(
        "The flag is sent before a hold and read back; one that did not take is sent "
        "again together with the hold."
    ),
    "muted_while_waiting": _any(
        "What is declared is sent until a look shows it; both ways are simulated."
    ),
    "status_null": Assumption(
        "A participant without a status counts as connected.",
        "Phones that still ring count as present.",
        (False,),
    ),
    "conference_visible_before_connect": _any(
        "A room whose conference is not found is known from the creates' answers."
    ),
    "early_media_counts": _any("That a conference started is no proof of an answer."),
    "ringing_keeps_room": _any(
        "The last participant is removed only when another is connected."
    ),
    "ringing_when_room_ends": _any(
        "Calls on the way are followed by their records after their room ended."
    ),
    "name_race_seconds": Assumption(
        "Creates by one name join one conference; two of a name make a room unknown, and "
        "nothing more is done in it.",
        "Members called within that time are in two conferences that do not hear each "
        "other. Begin with one member, and add the others later.",
        (0.0,),
    ),
    "conference_post_by_name": _any("Conferences are updated by their SID."),
    "complete_while_dialing": _any(
        "Where ending a conference is refused, each participant is removed."
    ),
    "ending_seconds": _any("A conference counts as ended when it is shown so."),
    "complete_refused_code": _any("A refused end leads to a look, whatever its code."),
    "complete_twice": _any("400 and 404 both mean that the conference is over."),
    "queued_call_dated": _any(
        "Calls are looked for from the day before the create on."
    ),
    "queued_call_matches_start_time": _any(
        "Queued calls are asked for by status, without a start time."
    ),
    "label_case_sensitive": Assumption(
        "Labels that differ only in case are two members.",
        "Of two members whose labels differ only in case, the second is refused as in "
        "use. Rename one of them.",
        (True,),
    ),
    "label_with_dot": _any("Participants are asked for by call SID."),
    "leave_event_when_never_joined": _any("Events only cause a look."),
    "sequence_base": _any("The number of an event is not read."),
    "start_event": _any("Events only cause a look."),
    "join_before_start": _any("The order of events is not read."),
    "error_status_16xxx": _any("Errors are told apart by code."),
    "retry_after_on_429": _any("Retry-After is obeyed; without it the wait grows."),
    "concurrency": Assumption(
        "At most 20 reads, 20 creates and 24 changes are sent at a time.",
        "Requests are refused with 429 and repeated, so everything takes longer. Lower "
        "the number of rooms or of other clients of the account.",
    ),
    "idempotency_token": Assumption(
        "Nothing protects from a create that is sent twice, so none is.",
    ),
    "equal_bytes": Assumption(
        "A room whose bodies are the same bytes as before is not read in full.",
        "Unchanged rooms are read in full each time: more CPU time, no more requests.",
        (True,),
    ),
    "next_page_absolute": _any("Links of listings are followed in both forms."),
    "machine_detection_seconds": _most(
        45.0,
        "The call's record says who answered within 45 s of the answer.",
        "In groups with a quorum a machine counts as a person until it is known.",
    ),
    "answered_by": _any("Words that begin with machine or fax are no person."),
    "signature_port": _any("Signatures are checked with the port and without."),
}
"""By name of the answer, in the order of the simulator's switches."""


def wrong_assumptions(profile: Profile) -> tuple[WrongAssumption, ...]:
    """Answers of a profile that the product does not assume, by name."""
    return tuple(_wrong(profile))


def _wrong(profile: Profile) -> Iterator[WrongAssumption]:
    for name, answer in sorted(profile.answers.items()):
        assumption = ASSUMPTIONS[name]
        if not _holds(name, assumption, answer):
            yield WrongAssumption(name, answer, assumption.breaks)


def _holds(name: str, assumption: Assumption, answer: AnswerValue) -> bool:
    """As ``holds``; 0 is no limit of requests at once."""
    if name == "concurrency":
        unlimited = answer == 0
        return unlimited or (isinstance(answer, float) and answer >= _AT_ONCE)
    return assumption.holds(answer)


_AT_ONCE = 64.0

"""Undocumented or varying behavior of Twilio, as switches.

``switch_sources.py`` says where each question comes from.
"""

from typing import Annotated, Literal

from msgspec import Struct

Seconds = Annotated[float, "seconds"]


class Switches(Struct, frozen=True):
    """One answer for each open question; the defaults are the likeliest ones."""

    list_shows_ringing: Annotated[
        bool, "Listing and fetch show participants that are still on the way."
    ] = True
    label_held_while_ringing: Annotated[
        bool, "A label is taken from the create on, not only once connected."
    ] = True
    list_lag: Annotated[
        Seconds, "How long a participants listing lags behind joins and leaves."
    ] = 0.0
    list_change_lag: Annotated[
        Seconds,
        "How long a participants listing lags behind mute, hold and coaching.",
    ] = 0.0
    conferences_list_lag: Annotated[
        Seconds,
        "How long the conferences listing lags behind new conferences and changes.",
    ] = 0.0
    conferences_without_status: Annotated[
        Literal["in-progress", "all"],
        "What a conferences listing shows that is asked for no Status.",
    ] = "in-progress"
    status_init: Annotated[
        Literal["served", "refused", "in-progress"],
        "Whether Status=init is answered, refused with 400, or empty because a "
        "conference that has not started reads in-progress.",
    ] = "served"
    ended_conference_missing_seconds: Annotated[
        Seconds, "How long a conference that has just ended answers 404."
    ] = 0.0
    new_call_missing_seconds: Annotated[
        Seconds, "How long the record of a new call answers 404."
    ] = 0.0
    call_lag: Annotated[Seconds, "How long a fetched call lags behind its changes."] = (
        0.0
    )
    calls_list_lag: Annotated[
        Seconds, "How long the calls listing lags behind new calls and changes."
    ] = 0.0
    ended_listed_seconds: Annotated[
        Seconds, "How long a listing shows ended legs as complete or failed."
    ] = 0.0
    connecting_seconds: Annotated[
        Seconds, "How long a call is connecting before the phone rings."
    ] = 0.1
    update_ringing: Annotated[
        Literal["accept", "404", "16001", "16099", "21220"],
        "What an update of somebody on the way answers.",
    ] = "16099"
    change_of_gone: Annotated[
        Literal["404", "404+16001", "16099"],
        "What an update or delete of somebody answers who has left and is still "
        "listed.",
    ] = "404"
    withheld_caller: Annotated[
        Literal["number", "word"],
        "Whether a withheld caller id is a stand-in number or a word such as "
        "anonymous.",
    ] = "number"
    delete_ringing: Annotated[
        Literal["works", "404"], "What kicking somebody on the way does."
    ] = "works"
    kick_call_status: Annotated[
        Literal["canceled", "completed", "no-answer"],
        "What a call that is kicked before it is answered ends as.",
    ] = "canceled"
    kick_reason: Annotated[
        Literal["participant_updated_via_api", "participant_hung_up"],
        "ReasonParticipantLeft after a kick.",
    ] = "participant_updated_via_api"
    coach_when_target_leaves: Annotated[
        Literal["audible", "silent"],
        "Whether the room hears a coach whose target has left.",
    ] = "audible"
    coaching_flag_when_target_leaves: Annotated[
        Literal["keeps", "false"], "What `coaching` reads once the target has left."
    ] = "keeps"
    retarget_in_one_post: Annotated[
        Literal["works", "error"], "Whether one update may change the coach's target."
    ] = "works"
    end_flag: Annotated[
        Literal["takes", "with_hold_only", "never_on_hold"],
        "When EndConferenceOnExit takes; the answer to the update shows it always.",
    ] = "never_on_hold"
    muted_while_waiting: Annotated[
        bool, "`muted` reads true while somebody waits for the conference to start."
    ] = False
    status_null: Annotated[bool, "Participants have a status of null."] = False
    conference_visible_before_connect: Annotated[
        bool, "A conference can be found before anybody has connected."
    ] = True
    early_media_counts: Annotated[
        bool, "A ringing leg with early media counts towards the start."
    ] = False
    ringing_keeps_room: Annotated[
        bool, "Somebody on the way keeps a room alive that the last one has left."
    ] = True
    ringing_when_room_ends: Annotated[
        Literal["canceled", "new_room"],
        "What becomes of those on the way when their conference ends.",
    ] = "canceled"
    name_race_seconds: Annotated[
        Seconds, "A create so soon after another by the same name opens a second room."
    ] = 0.0
    conference_post_by_name: Annotated[
        Literal["works", "404"], "Whether a conference can be updated by its name."
    ] = "404"
    complete_while_dialing: Annotated[
        Literal["works", "refused"],
        "Whether a conference can be ended while somebody is on the way to it.",
    ] = "works"
    ending_seconds: Annotated[
        Seconds,
        "How long a conference continues after a request to end it; further requests "
        "are refused meanwhile.",
    ] = 0.0
    complete_refused_code: Annotated[
        float, "The code of a refused end, whose status is 400."
    ] = 20001
    complete_twice: Annotated[
        Literal["400", "404"], "What ending an ended conference answers."
    ] = "400"
    queued_call_dated: Annotated[
        Literal["create", "dialing"],
        "Whether date_created and start_time of a call are its create's or its "
        "dialing's.",
    ] = "create"
    queued_call_matches_start_time: Annotated[
        bool, "A queued call, which has no start time, passes StartTime filters."
    ] = True
    label_case_sensitive: Annotated[bool, "`Ann` and `ann` are two labels."] = True
    label_with_dot: Annotated[
        Literal["works", "404"], "Whether a label with a dot can be looked up."
    ] = "works"
    leave_event_when_never_joined: Annotated[
        bool, "participant-leave is sent for somebody who never joined."
    ] = True
    sequence_base: Annotated[
        Literal["0", "1"], "The first SequenceNumber of a conference's events."
    ] = "1"
    start_event: Annotated[bool, "conference-start is sent at all."] = True
    join_before_start: Annotated[
        bool, "participant-join comes before the conference-start that it causes."
    ] = True
    error_status_16xxx: Annotated[
        Literal["400", "404", "409"], "The HTTP status of the 16xxx errors."
    ] = "400"
    retry_after_on_429: Annotated[
        Seconds, "Retry-After of a 429; 0 sends no such header."
    ] = 0.0
    concurrency: Annotated[
        float, "Number of concurrent requests accepted before 429; 0 is no limit."
    ] = 0.0
    idempotency_token: Annotated[
        Literal["ignored", "honoured"],
        "Whether a repeated I-Twilio-Idempotency-Token gives the first answer again.",
    ] = "ignored"  # noqa: S105 - a word, not a secret
    equal_bytes: Annotated[
        bool, "A body is the same bytes as long as nothing has changed."
    ] = True
    next_page_absolute: Annotated[
        bool, "next_page_uri has scheme and host in front."
    ] = False

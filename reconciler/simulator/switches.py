"""What nobody knows of Twilio, as switches: every answer can be tried."""

import typing
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Annotated, Literal

from reconciler.model.duration import seconds

Seconds = Annotated[float, "seconds"]


@dataclass(frozen=True, slots=True)
class Switches:
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
    call_lag: Annotated[Seconds, "How long a fetched call lags behind its changes."] = (
        0.0
    )
    calls_list_lag: Annotated[
        Seconds, "How long the calls listing lags behind new calls and changes."
    ] = 0.0
    ended_listed_seconds: Annotated[
        Seconds, "How long a listing goes on showing the gone as complete or failed."
    ] = 0.0
    connecting_seconds: Annotated[
        Seconds, "How long a call is connecting before the phone rings."
    ] = 0.1
    update_ringing: Annotated[
        Literal["accept", "404", "16001", "16099", "21220"],
        "What an update of somebody on the way answers.",
    ] = "accept"
    change_of_gone: Annotated[
        Literal["404", "404+16001", "16099"],
        "What an update or delete of somebody answers who has left and is still listed.",
    ] = "404"
    withheld_caller: Annotated[
        Literal["number", "word"],
        "Whether a withheld caller id is a stand-in number or a word such as anonymous.",
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
    ] = "takes"
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
    ] = False
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
    complete_twice: Annotated[
        Literal["400", "404"], "What ending an ended conference answers."
    ] = "400"
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
        float, "How many requests at once are taken before 429; 0 is no limit."
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


@dataclass(frozen=True, slots=True)
class Switch:
    """A switch as documentation shows it; ``choices`` may be empty."""

    name: str
    kind: str
    default: object
    choices: tuple[str, ...]
    about: str


def describe_switches() -> tuple[Switch, ...]:
    """Every switch, in the order of the class."""
    return tuple(_describe(name) for name in _hints())


def flip(switches: Switches, given: Mapping[str, object]) -> Switches:
    """The switches with others values; ValueError says which name or value is wrong."""
    changes = {name: _value(name, raw) for name, raw in given.items()}
    return replace(switches, **changes)  # type: ignore[arg-type]


def _hints() -> Mapping[str, tuple[object, ...]]:
    hints = typing.get_type_hints(Switches, include_extras=True)
    return {name: typing.get_args(hint) for name, hint in hints.items()}


def _describe(name: str) -> Switch:
    base, about = _hints()[name][0], str(_hints()[name][-1])
    choices = tuple(str(each) for each in typing.get_args(base))
    kind = "word" if choices else "boolean" if base is bool else "number"
    return Switch(name, kind, getattr(Switches(), name), choices, about)


def _value(name: str, raw: object) -> object:
    if name not in _hints():
        near = get_close_matches(name, _hints(), n=1)
        meant = f"; did you mean {near[0]}?" if near else ""
        raise ValueError(f"there is no switch {name!r}{meant}")
    switch = _describe(name)
    try:
        return _read(switch, raw)
    except ValueError as error:
        raise ValueError(f"switch {name}: {error}") from error


def _read(switch: Switch, raw: object) -> object:
    word = str(raw).lower()
    if switch.kind == "number":
        return seconds(raw)
    if switch.kind == "boolean" and word in {"true", "false"}:
        return word == "true"
    if word in switch.choices:
        return word
    allowed = " or ".join(switch.choices or ("true", "false"))
    raise ValueError(f"{raw!r} is not {allowed}")

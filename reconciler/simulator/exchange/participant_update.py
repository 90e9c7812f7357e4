"""Changes of a participant: mute, hold, coaching and what is never shown."""

from msgspec import Struct
from msgspec.structs import replace

from reconciler.simulator.exchange.api_error import (
    BAD_PARAMETER,
    TARGET_ABSENT,
    TARGET_ON_HOLD,
    ApiError,
)
from reconciler.simulator.exchange.audio import note_hearing
from reconciler.simulator.exchange.checked_form import CheckedForm
from reconciler.simulator.exchange.records import ParticipantRecord
from reconciler.simulator.exchange.state import State
from reconciler.simulator.exchange.status_callbacks import send_conference_event

_MODIFYING = frozenset(
    {"beep_on_exit", "end_conference_on_exit", "coaching", "call_sid_to_coach"}
    | {"wait_url", "wait_method"}
)


class ParticipantUpdate(Struct, frozen=True):
    """A participant as it is now, and as the answer to the update shows it."""

    kept: ParticipantRecord
    shown: ParticipantRecord


def change(
    state: State, participant: ParticipantRecord, form: CheckedForm
) -> ParticipantUpdate:
    """Make a change, all of it or nothing. Refused: the coach's target."""
    wanted = _coached(state, participant, form)
    wanted = replace(
        wanted,
        muted=form.flag("muted", wanted.muted),
        hold=form.flag("hold", wanted.hold),
        sent={**wanted.sent, **form.hidden()},
        announcements=(*wanted.announcements, *_announced(form)),
    )
    asked = form.flag("end_conference_on_exit", wanted.end_conference_on_exit)
    if _end_flag_takes(state, wanted, form):
        wanted = replace(wanted, end_conference_on_exit=asked)
    if form.values:
        wanted = state.put_participant(wanted)
        _tell(state, participant, wanted, form)
        note_hearing(state, wanted.conference_sid)
    return ParticipantUpdate(wanted, replace(wanted, end_conference_on_exit=asked))


def check_target(state: State, conference_sid: str, coach: str, target: str) -> None:
    """Refused unless the target is connected to the conference and not on hold."""
    present = {
        participant.call_sid: participant
        for participant in state.connected(conference_sid)
    }
    if target not in present or target == coach:
        raise ApiError(TARGET_ABSENT)
    if present[target].hold:
        raise ApiError(TARGET_ON_HOLD)


def _coached(
    state: State, coach: ParticipantRecord, form: CheckedForm
) -> ParticipantRecord:
    target = form.text("call_sid_to_coach")
    if not {"coaching", "call_sid_to_coach"} & form.values.keys():
        return coach
    if not target or not form.flag("coaching", otherwise=True):
        return replace(
            coach,
            coaching=False,
            call_sid_to_coach=None,
            coach_on_arrival=None,
            orphaned=False,
        )
    check_target(state, coach.conference_sid, coach.call_sid, target)
    _check_retarget(state, coach, target)
    if not coach.connected:
        return replace(coach, coach_on_arrival=target)
    return replace(coach, coaching=True, call_sid_to_coach=target, orphaned=False)


def _check_retarget(state: State, coach: ParticipantRecord, target: str) -> None:
    other = coach.coaching and coach.call_sid_to_coach != target
    if other and state.switches.retarget_in_one_post == "error":
        raise ApiError(BAD_PARAMETER, "Participant is coaching another call")


def _end_flag_takes(
    state: State, participant: ParticipantRecord, form: CheckedForm
) -> bool:
    match state.switches.end_flag:
        case "takes":
            return True
        case "with_hold_only":
            return "hold" in form.values
        case "never_on_hold":
            return not participant.hold


def _announced(form: CheckedForm) -> tuple[str, ...]:
    url = form.text("announce_url")
    return (url,) if url else ()


def _tell(
    state: State, was: ParticipantRecord, now: ParticipantRecord, form: CheckedForm
) -> None:
    conference = state.conferences[now.conference_sid]
    names = []
    if was.muted != now.muted:
        names.append("participant-mute" if now.muted else "participant-unmute")
    if was.hold != now.hold:
        names.append("participant-hold" if now.hold else "participant-unhold")
    if form.values.keys() & _MODIFYING:
        names.append("participant-modify")
    for name in names:
        send_conference_event(state, conference, name, now)
    for url in _announced(form):
        send_conference_event(
            state, conference, "announcement-end", now, AnnounceUrl=url
        )

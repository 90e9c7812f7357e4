"""Who is heard by whom."""

from reconciler.model.observation import ConferenceStatus
from reconciler.model.recorded_observation import Audience
from reconciler.simulator.exchange.audit_log import Exposure
from reconciler.simulator.exchange.records import ParticipantRecord
from reconciler.simulator.exchange.state import State

_Heard = tuple[Audience, str | None]
_SILENT: _Heard = (Audience.NOBODY, None)


def note_hearing(state: State, conference_sid: str) -> None:
    """Write down every change of who is heard in a conference."""
    for call_sid in state.rolls.get(conference_sid, ()):
        participant = state.participant(call_sid)
        heard = _heard(state, participant)
        if heard == state.heard.get(call_sid, _SILENT):
            continue
        state.heard[call_sid] = heard
        state.history.exposures.append(
            Exposure(
                at=state.now,
                conference_sid=participant.conference_sid,
                call_sid=call_sid,
                label=participant.label,
                audience=heard[0],
                target=heard[1],
            )
        )


def _heard(state: State, speaker: ParticipantRecord) -> _Heard:
    conference = state.conferences[speaker.conference_sid]
    started = conference.status is ConferenceStatus.IN_PROGRESS
    if not started or not speaker.connected or speaker.ghost:
        return _SILENT
    if speaker.muted or speaker.hold:
        return _SILENT
    if speaker.orphaned:
        audible = state.switches.coach_when_target_leaves == "audible"
        return (Audience.ROOM, None) if audible else _SILENT
    if speaker.coaching:
        return Audience.TARGET, speaker.call_sid_to_coach
    return Audience.ROOM, None

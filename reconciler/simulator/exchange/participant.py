"""Participants: made from a form, if the room takes them."""

from reconciler.model.observation import ParticipantStatus
from reconciler.simulator.exchange.api_error import (
    CONFERENCE_FULL,
    LABEL_IN_USE,
    ApiError,
)
from reconciler.simulator.exchange.checked_form import CheckedForm
from reconciler.simulator.exchange.records import ParticipantRecord
from reconciler.simulator.exchange.state import State


def make_participant(
    state: State, form: CheckedForm, call_sid: str, conference_sid: str
) -> ParticipantRecord:
    """A participant as a form asks for it, not yet connected."""
    limit = form.number("time_limit", 0)
    return ParticipantRecord(
        call_sid=call_sid,
        sid=state.sids.new("CP"),
        serial=state.next_serial(),
        conference_sid=conference_sid,
        label=form.text("label") or None,
        status=ParticipantStatus.QUEUED,
        created_at=state.now,
        updated_at=state.now,
        muted=form.flag("muted", otherwise=False),
        end_conference_on_exit=form.flag("end_conference_on_exit", otherwise=False),
        start_conference_on_enter=form.flag(
            "start_conference_on_enter", otherwise=True
        ),
        early_media=form.flag("early_media", otherwise=True),
        timeout=form.number("timeout", 60),
        time_limit=limit or None,
        coach_on_arrival=asked_target(form),
        sent=form.hidden(),
    )


def check_label(state: State, conference_sid: str, form: CheckedForm) -> None:
    """Refused when somebody active has the label already."""
    wanted = fold_label(state, form.text("label"))
    for participant in state.members(conference_sid):
        held = participant.connected or state.switches.label_held_while_ringing
        if (
            held
            and participant.label
            and fold_label(state, participant.label) == wanted
        ):
            raise ApiError(LABEL_IN_USE)


def check_capacity(state: State, conference_sid: str) -> None:
    """Refused when the conference takes nobody more."""
    capacity = state.conferences[conference_sid].max_participants
    if len(state.members(conference_sid)) >= capacity:
        raise ApiError(CONFERENCE_FULL)


def fold_label(state: State, label: str) -> str:
    """A label as labels are told apart."""
    return label if state.switches.label_case_sensitive else label.casefold()


def asked_target(form: CheckedForm) -> str | None:
    """The call that a form asks to coach, None for none."""
    target = form.text("call_sid_to_coach")
    return target if target and form.flag("coaching", otherwise=True) else None

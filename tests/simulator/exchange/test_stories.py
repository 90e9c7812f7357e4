"""Whatever people and clients do, the exchange stays true to Twilio's rules."""

from collections import Counter
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.recorded_observation import Audience
from reconciler.simulator.exchange.api_error import ApiError
from reconciler.simulator.exchange.people import ALWAYS, Subscriber
from tests.simulator.desk import ROOM, Desk, fields, open_desk

_LABELS = ("ann", "bob", "cat", "sup")
_PEOPLE = {
    "bob": Subscriber(busy=1, hangs_up_after=7),
    "cat": Subscriber(no_answer=ALWAYS),
}
_Step = tuple[str, str, bool]
_DEEDS: dict[str, Callable[[Desk, str, bool], object]] = {
    "ring": lambda desk, who, flag: desk.ring(who, Muted=str(flag).lower()),
    "wait": lambda desk, _who, flag: desk.wait(30 if flag else 0.7),
    "mute": lambda desk, who, flag: desk.update(who, Muted=str(flag).lower()),
    "hold": lambda desk, who, flag: desk.update(who, Hold=str(flag).lower()),
    "kick": lambda desk, who, _flag: desk.kick(who),
    "hang up": lambda desk, who, _flag: desk.exchange.hang_up(who),
    "coach": lambda desk, who, flag: (
        desk.coach("sup", who) if flag else desk.update("sup", Coaching="false")
    ),
    "ends": lambda desk, who, flag: desk.update(
        who, EndConferenceOnExit=str(flag).lower()
    ),
    "dial in": lambda desk, who, _flag: desk.exchange.dial_in(ROOM, f"client:{who}"),
    "close": lambda desk, _who, _flag: desk.exchange.update_conference(
        desk.room().sid, fields({"Status": "completed"})
    ),
}
_STEPS = st.lists(
    st.tuples(st.sampled_from(sorted(_DEEDS)), st.sampled_from(_LABELS), st.booleans()),
    max_size=40,
)


@given(_STEPS)
def test_every_story_keeps_the_rules(steps: list[_Step]) -> None:
    desk = open_desk(_PEOPLE)
    for outcome, who, flag in steps:
        try:
            _DEEDS[outcome](desk, who, flag)
        except (ApiError, LookupError):
            continue
        finally:
            _check(desk)


def _check(desk: Desk) -> None:
    state = desk.exchange.state
    live = [c for c in state.conferences.values() if c.live]
    assert max(Counter(c.name for c in live).values(), default=0) <= 1
    for conference in state.conferences.values():
        members = state.members(conference.sid)
        assert bool(members) == conference.live
        labels = [m.label for m in members if m.label]
        assert len(labels) == len(set(labels))
        assert (conference.reason_ended is None) == conference.live
    for timeline in state.participants.values():
        member = timeline.latest
        call = state.call(member.call_sid)
        assert member.gone == call.ended
        if member.muted or member.hold or member.gone:
            assert state.heard.get(call.sid, (Audience.NOBODY,))[0] is Audience.NOBODY
    rung = Counter(ring.call_sid for ring in desk.exchange.history.rings)
    assert max(rung.values(), default=0) <= 1

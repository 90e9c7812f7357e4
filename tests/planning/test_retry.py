"""Requests that did not work are sent ever more seldom, and a person is told."""

import itertools

import pytest
from msgspec.structs import replace

from reconciler.model.action import Action, Change, Harm, Remove
from reconciler.model.ledger import Ledger
from reconciler.model.observation import Participant
from reconciler.model.roster import OnChange, RoomState, Roster, Unlisted, Value
from reconciler.planning.plan import Phase, Plan
from reconciler.planning.planner import make_plan
from reconciler.planning.retry import Retry, failed, place, read
from tests.planning.samples import (
    CA1,
    CA2,
    CF,
    NOW,
    attempt,
    ledger,
    leg,
    look,
    member,
    record,
    roster,
)


class Story:
    """A room whose requests all fail, planned for again and again."""

    def __init__(
        self, wanted: Roster, *legs: Participant, refused: bool = False
    ) -> None:
        self.wanted, self.refused = wanted, refused
        self.legs = legs
        self.now = NOW
        self.memory: dict[str, dict[str, Value]] = {}
        self.sent: list[tuple[float, Action]] = []

    def ledger(self) -> Ledger:
        records = [
            record(
                each.label,
                attempt(each.label, id=number + 1, call_sid=sid),
            )
            for number, (each, sid) in enumerate(
                zip(self.wanted.members, (CA1, CA2), strict=False)
            )
        ]
        return ledger(*records, memory=self.memory)

    def plan(self) -> Plan:
        return make_plan(self.wanted, look(*self.legs), self.ledger(), self.now, 1)

    def fail_for(self, seconds: float, every: float = 0.5) -> Plan:
        end = self.now + seconds
        while self.now < end:
            for action in self.plan().actions:
                self.sent.append((self.now, action))
                key = place(action)
                assert key is not None
                retry = failed(
                    action, self.memory, self.now, "no such call", refused=self.refused
                )
                self.memory.setdefault(key[0], {})[key[1]] = retry.value
            self.now += every
        return self.plan()

    def gaps(self) -> list[float]:
        at = [each[0] for each in self.sent]
        return [b - a for a, b in itertools.pairwise(at)]


def muted() -> Roster:
    return roster(member("ann", muted=True))


def test_a_request_that_fails_is_sent_after_a_growing_pause() -> None:
    story = Story(roster(member("ann", end_conference_on_exit=True)), leg(CA1))
    story.fail_for(300, every=0.25)
    gaps = story.gaps()
    assert gaps[0] <= 1.5
    assert all(a <= b + 7 for a, b in itertools.pairwise(gaps))
    assert 26 <= gaps[-1] <= 34
    assert len(gaps) <= 16


def test_a_silence_is_sent_at_most_every_ten_seconds_and_later_every_thirty() -> None:
    story = Story(muted(), leg(CA1))
    story.fail_for(600, every=0.25)
    gaps = story.gaps()
    early = [
        gap for (at, _), gap in zip(story.sent, gaps, strict=False) if at < NOW + 100
    ]
    late = [
        gap for (at, _), gap in zip(story.sent, gaps, strict=False) if at > NOW + 200
    ]
    assert max(early) <= 11.5
    assert all(26 <= gap <= 34 for gap in late)


@pytest.mark.parametrize(("refused", "seconds"), [(False, 150), (True, 8)])
def test_a_person_is_told_what_was_tried(seconds: float, *, refused: bool) -> None:
    story = Story(muted(), leg(CA1), refused=refused)
    early = story.fail_for(2)
    assert {each.phase for each in early.waiting} <= {Phase.CONNECTED}
    plan = story.fail_for(seconds)
    while plan.actions:
        plan = story.fail_for(0.5)
    (told,) = plan.waiting
    assert told.phase is Phase.STALLED
    assert told.reason.startswith("mute: no such call")
    assert plan.stalled
    assert plan.requeue_after is not None
    for _ in range(120):
        assert {each.reason for each in story.fail_for(0.5).waiting} == {told.reason}


def test_a_person_who_asks_is_not_made_to_wait_for_the_next_try() -> None:
    story = Story(muted(), leg(CA1))
    plan = story.fail_for(200)
    while plan.actions:
        plan = story.fail_for(0.5)
    kept = replace(story.ledger(), asked=True)
    asked = make_plan(muted(), look(leg(CA1)), kept, story.now, 1)
    assert len(asked.actions) == 1
    assert asked.waiting == tuple(replace(each, until=None) for each in plan.waiting)


def test_another_value_and_an_edit_are_sent_at_once() -> None:
    story = Story(muted(), leg(CA1))
    story.fail_for(60)
    story.wanted = roster(member("ann", muted=True, hold=True))
    assert [each.kind for each in story.plan().actions if isinstance(each, Change)]
    kept = story.ledger()
    edited = record("ann", attempt("ann"), changed_at=story.now)
    plan = make_plan(
        muted(),
        look(leg(CA1)),
        replace(kept, records={"ann": edited}),
        story.now,
        1,
    )
    assert len(plan.actions) == 1


def test_nobody_is_exposed_while_the_silence_before_it_is_held_back() -> None:
    wanted = roster(member("ann", muted=True), member("bob", muted=False))
    story = Story(wanted, leg(CA1), leg(CA2, "bob", muted=True))
    seen = story.plan()
    mute = next(each for each in seen.actions if each.label == "ann")
    key = place(mute)
    assert key is not None
    retry = failed(mute, {}, story.now, "no", refused=False)
    story.memory = {key[0]: {key[1]: retry.value}}
    plan = story.plan()
    assert plan.actions == ()
    assert {each.label for each in plan.waiting} == {"ann", "bob"}
    story.memory = {}
    assert {each.label for each in story.plan().actions} == {"ann", "bob"}


def test_a_hold_waits_for_nobody_elses_hold_that_does_not_work() -> None:
    wanted = roster(member("ann", hold=True), member("bob", hold=True))
    story = Story(wanted, leg(CA1), leg(CA2, "bob"))
    hold = next(each for each in story.plan().actions if each.label == "ann")
    key = place(hold)
    assert key is not None
    retry = failed(hold, {}, story.now, "no", refused=False)
    story.memory = {key[0]: {key[1]: retry.value}}
    plan = story.plan()
    assert [each.label for each in plan.actions] == ["bob"]
    assert [each.label for each in plan.waiting] == ["ann"]


def test_a_conference_that_cannot_be_ended_is_emptied_one_by_one() -> None:
    wanted = replace(roster(member("ann"), member("bob")), state=RoomState.ENDED)
    story = Story(wanted, leg(CA1), leg(CA2, "bob"))
    story.fail_for(2)
    ends = [each for _, each in story.sent if isinstance(each, Remove)]
    assert {each.call_sid for each in ends} == {None}
    story.fail_for(60)
    ends = [each for _, each in story.sent if isinstance(each, Remove)]
    assert {each.call_sid for each in ends} == {None, CA1, CA2}
    assert {each.label for each in ends} == {"", "ann", "bob"}
    whole = [each for each in ends if each.call_sid is None]
    assert len(whole) <= 8
    assert ends[0].conference_sid == CF


def test_a_stranger_who_is_listed_and_gone_is_not_muted_for_ever() -> None:
    story = Story(roster(unlisted=Unlisted.MUTE), leg(CA1, None))
    story.fail_for(300)
    assert len(story.sent) <= 25


def test_a_clock_that_was_put_back_holds_nothing_back() -> None:
    story = Story(muted(), leg(CA1))
    story.fail_for(60)
    story.now = NOW - 3600
    assert len(story.plan().actions) == 1


def test_what_is_remembered_reads_back_and_anything_else_does_not() -> None:
    retry = Retry(3, NOW, NOW + 4, refused=True, message="it is not there (404)")
    assert read(retry.value) == retry
    assert read(replace(retry, message="").value) == replace(retry, message="")
    for value in (None, True, 7, "", "a b c d e", "1 2 3"):
        assert read(value) is None


@pytest.mark.parametrize("silence", ["muted", "hold"])
def test_who_stays_as_a_removal_is_held_back_is_silent_meanwhile(silence: str) -> None:
    longer = (("timeout", 33),)
    cara = member(
        "cara", create_only=longer, on_change=OnChange.REDIAL, **{silence: True}
    )
    wanted = roster(member("ann", muted=True), cara)
    story = Story(wanted, leg(CA1), leg(CA2, "cara"))
    actions = story.plan().actions
    wanted_of = {x.label: x for x in actions if isinstance(x, Change | Remove)}
    assert isinstance(wanted_of["cara"], Remove)
    failing = wanted_of["cara"]
    key = place(failing)
    assert key is not None
    retry = failed(failing, {}, story.now, "no", refused=False)
    story.memory = {key[0]: {key[1]: retry.value}}
    after = [x for x in story.plan().actions if x.label == "cara"]
    assert [(type(x), x.harm) for x in after] == [(Change, Harm.SILENCE)]


def test_who_stays_as_the_mute_of_their_coach_fails_is_silent_meanwhile() -> None:
    longer = (("timeout", 33),)
    cara = member("cara", create_only=longer, on_change=OnChange.REDIAL, muted=True)
    wanted = roster(member("ann", coaching="cara"), cara)
    coach = leg(CA1, coaching=True, call_sid_to_coach=CA2)
    story = Story(wanted, coach, leg(CA2, "cara"))
    mute = next(x for x in story.plan().actions if x.label == "ann")
    key = place(mute)
    assert key is not None
    retry = failed(mute, {}, story.now, "no", refused=False)
    story.memory = {key[0]: {key[1]: retry.value}}
    after = [(x.label, type(x), x.harm) for x in story.plan().actions]
    assert after == [("cara", Change, Harm.SILENCE)]

"""All questions, in the order in which they are asked."""

from collections.abc import Collection, Iterator

from reconciler.model.errors import SettingError
from reconciler.probe.ask_changes import COACHING, END_FLAG
from reconciler.probe.ask_ending import CONFERENCE
from reconciler.probe.ask_lags import LAGS
from reconciler.probe.ask_limits import CALLERS, CONCURRENCY, MACHINE
from reconciler.probe.ask_lookups import LOOKUPS, PAGES
from reconciler.probe.ask_queue import QUEUE
from reconciler.probe.ask_ringing import (
    KICK,
    LAST_LEAVES,
    RINGING,
    ROOM_ENDS,
    UNANSWERED,
)
from reconciler.probe.ask_signature import SIGNATURE
from reconciler.probe.question import Need, Question

QUESTIONS: tuple[Question, ...] = (
    CALLERS,
    RINGING,
    KICK,
    LAST_LEAVES,
    ROOM_ENDS,
    UNANSWERED,
    LAGS,
    LOOKUPS,
    CONFERENCE,
    COACHING,
    END_FLAG,
    QUEUE,
    MACHINE,
    SIGNATURE,
    PAGES,
    CONCURRENCY,
)

UNHEARD = "coach_when_target_leaves"
"""The one switch that no request shows: somebody has to listen."""


def answer_names() -> frozenset[str]:
    """What a profile may answer."""
    own = {
        name
        for question in QUESTIONS
        for name in (*question.answers, *question.by_events)
    }
    return frozenset(own | {UNHEARD})


def chosen(
    names: Collection[str], *, events: bool, needs: Collection[Need]
) -> Iterator[Question]:
    """The questions to ask: those *names*, or all; SettingError for an unknown one.

    Without *events* those that only webhooks answer are left out, and those whose need
    is not among *needs*.
    """
    known = {question.name for question in QUESTIONS}
    if strange := sorted(set(names) - known):
        raise SettingError(
            f"unknown question {strange[0]!r}. Questions: {', '.join(sorted(known))}"
        )
    for question in QUESTIONS:
        asked = question.name in names or not names
        allowed = question.need is None or question.need in needs
        if asked and allowed and (question.answers or events):
            yield question

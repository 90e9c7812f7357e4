"""What a probe is about to do and what it costs, before it does anything."""

import math
from collections.abc import Iterator, Sequence

from msgspec import Struct

from reconciler.probe.question import Question


class ProbeCost(Struct, frozen=True):
    """The most calls that questions place, and the seconds that they take."""

    answering: int
    ringing: int
    seconds: float

    @property
    def calls(self) -> int:
        """Calls in all."""
        return self.answering + self.ringing


def cost_of(questions: Sequence[Question]) -> ProbeCost:
    """The sum over *questions*."""
    return ProbeCost(
        answering=sum(question.answering for question in questions),
        ringing=sum(question.ringing for question in questions),
        seconds=sum(question.seconds for question in questions),
    )


def plan_lines(
    questions: Sequence[Question], *, price: float | None, addresses: Sequence[str]
) -> Iterator[str]:
    """The plan as text, cost first; *price* is of one minute of one call."""
    cost = cost_of(questions)
    yield (
        f"At most {cost.calls} calls: {cost.answering} to addresses that answer, "
        f"{cost.ringing} that ring unanswered."
    )
    yield _money(cost, price)
    yield f"It takes {math.ceil(cost.seconds / 60)} min, longer where listings lag."
    yield f"No other address is called than: {', '.join(addresses)}."
    for question in questions:
        yield ""
        yield f"{question.name}: {question.about}"
        yield f"  calls: {question.answering} answered, {question.ringing} ringing"
        yield from (f"  - {step}" for step in question.steps)


def _money(cost: ProbeCost, price: float | None) -> str:
    minutes = f"About {cost.answering} minutes are billed, one a call that is answered"
    most = "A call that lasts longer ends by itself after 5 minutes."
    if price is None:
        return f"{minutes} (--price-per-minute shows what that costs). {most}"
    return f"{minutes}: {cost.answering * price:.2f} at {price:g} a minute. {most}"

"""The questions of a probe as a table for people: ``docs/probe.md``.

``python -m tests.site.question_reference`` prints it.
"""

from collections.abc import Iterator

from reconciler.probe.catalogue import QUESTIONS
from reconciler.probe.question import Need, Question


def question_reference() -> str:
    """Every question with its steps, its calls and what it answers, as Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "| question | asks | steps | calls | answers | by webhooks |"
    yield "|---|---|---|---|---|---|"
    for each in QUESTIONS:
        cells = (
            f"`{each.name}`",
            each.about,
            "; ".join(each.steps),
            _calls(each),
            _names(each.answers),
            _names(each.by_events),
        )
        yield f"| {' | '.join(cells)} |"


def _calls(question: Question) -> str:
    needs = ", with `--burst`" if question.need is Need.BURST else ""
    if not question.calls:
        return f"none{needs}"
    return f"{question.answering} answered, {question.ringing} ringing{needs}"


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{each}`" for each in names)


if __name__ == "__main__":
    print(question_reference(), end="")  # noqa: T201 - it is what this is for

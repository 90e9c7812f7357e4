"""A plan as Markdown, for a comment on a pull request."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from reconciler.cli.text import condition_lines, summary
from reconciler.engine.room.evaluation import Evaluation
from reconciler.model.action import Action, Harm
from reconciler.model.masking import mask
from reconciler.planning.describe import counted, describe, subject

MARKER = "<!-- reconciler plan -->"
"""The first line: who updates the comment finds it by this."""

MOST_CHARACTERS = 60_000
"""GitHub takes 65,536 characters in a comment, GitLab more."""

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>|~!&$-])")
_MENTION = re.compile(r"([@#])")
_TABLE = "| whom | what | harm | why |\n|---|---|---|---|"


def markdown(
    looks: Sequence[Evaluation],
    about: Mapping[str, Iterable[str]],
    load: Iterable[str],
    conclusion: str,
) -> str:
    """The plan of all rooms; *about* has further lines by room, *load* of the load.

    Rooms beyond what a comment holds are counted.
    """
    plans = [evaluation.plan for evaluation in looks]
    title = conclusion if not _differs(looks) else f"Plan: {summary(plans)}"
    parts = [f"{MARKER}\n### {escaped(title)}\n"]
    if lines := [f"- {escaped(each)}" for each in load]:
        parts.append("\n".join(lines) + "\n")
    left = MOST_CHARACTERS - sum(map(len, parts))
    for number, evaluation in enumerate(looks):
        part = "\n".join(_room(evaluation, about.get(evaluation.room, ()))) + "\n"
        if (left := left - len(part) - 1) < 0:
            rest = counted(len(looks) - number, "more room", "more rooms")
            parts.append(f"{rest}. To see all: `reconciler plan`\n")
            break
        parts.append(part)
    return "\n".join(parts)


def _differs(looks: Iterable[Evaluation]) -> bool:
    return any(x.plan.actions or x.plan.withheld or x.plan.waiting for x in looks)


def _room(evaluation: Evaluation, about: Iterable[str]) -> Iterator[str]:
    plan = evaluation.plan
    reason = plan.unknown or (plan.blocked.text if plan.blocked else "")
    said = f": {escaped(reason)}" if reason else ""
    yield f"#### {escaped(plan.room)} (generation {plan.generation}): {evaluation.state}{said}"
    yield ""
    rows = [_row(action, escaped(action.reason)) for action in plan.actions]
    rows += [
        _row(
            withheld.action,
            f"**withheld by {escaped(withheld.guard)}**: {escaped(withheld.reason)}",
        )
        for withheld in plan.withheld
    ]
    if rows:
        yield _TABLE
        yield from rows
        yield ""
    lines = [f"{x.label}: {x.reason}" if x.label else x.reason for x in plan.waiting]
    lines += [_plain(each) for each in (*about, *condition_lines(plan))]
    yield from (f"- {escaped(line)}" for line in lines)


def _plain(line: str) -> str:
    """A line of text output without what marks it there."""
    return line.strip().lstrip(".!-").strip()


def _row(action: Action, why: str) -> str:
    harm = "" if action.harm is Harm.NONE else str(action.harm)
    return (
        f"| {escaped(subject(action))} | {escaped(describe(action))} | {harm} | {why} |"
    )


def escaped(text: str) -> str:
    """*text* so that it shows as it is: no markup, link, mention or reference."""
    special = _SPECIAL.sub(r"\\\1", mask(text))
    return _MENTION.sub(r"\1<!-- -->", special)

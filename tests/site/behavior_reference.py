"""What the product relies on, as a table for people: ``docs/twilio-behaviour.md``.

``python -m tests.site.behavior_reference`` prints it.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from reconciler.probe.assumptions import ASSUMPTIONS, Assumption
from reconciler.probe.catalogue import QUESTIONS, UNHEARD
from reconciler.probe.profile_comparison import shown
from reconciler.simulator.exchange.behavior import Switch, describe_switches

_MORE: Final[Mapping[str, tuple[str, str]]] = {
    "machine_detection_seconds": (
        "How long after the answer the call's record says who answered.",
        "Not documented. Twilio: call resource (2026-04): MachineDetectionTimeout is 30 s.",
    ),
    "answered_by": (
        "What the call's record says of the answering address.",
        "Twilio: call resource (2026-04): human, fax, unknown, words with machine.",
    ),
    "signature_port": (
        "Whether a webhook is signed with the port of its URL.",
        "twilio-python and twilio-node (2026-04) check both: signing is inconsistent.",
    ),
}
"""What is measured and is no switch: its meaning and its source."""


def behavior_reference() -> str:
    """Every behavior that a profile answers, as Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield (
        "| behavior | meaning | simulator's default | source | the product | assumes | "
        "otherwise | asked by |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    for switch in describe_switches():
        yield _row(
            switch.name,
            switch.about,
            f"`{_default(switch)}`",
            switch.source,
        )
    for name, (about, source) in _MORE.items():
        yield _row(name, about, "", source)


def _row(name: str, about: str, default: str, source: str) -> str:
    of = ASSUMPTIONS[name]
    cells = (
        f"`{name}`",
        about,
        default,
        source,
        of.relies,
        _assumed(name, of),
        of.breaks or "nothing breaks",
        _question(name),
    )
    return f"| {' | '.join(cells)} |"


def _default(switch: Switch) -> str:
    return str(switch.default).lower()


def _assumed(name: str, of: Assumption) -> str:
    if name == "concurrency":
        return "no limit, or at least 64"
    if of.most is not None:
        return f"at most {of.most:g} s"
    if of.allowed is None:
        return "any answer"
    return " or ".join(f"`{shown(each)}`" for each in of.allowed)


def _question(name: str) -> str:
    if name == UNHEARD:
        return "nobody: no request shows it, somebody has to listen"
    named = [x.name for x in QUESTIONS if name in {*x.answers, *x.by_events}]
    return ", ".join(f"`{each}`" for each in named)


if __name__ == "__main__":
    print(behavior_reference(), end="")  # noqa: T201 - it is what this is for

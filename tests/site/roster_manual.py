"""Generates ``docs/man/reconciler-roster.5`` from the table of parameters.

``python -m tests.site.roster_manual`` prints it.
"""

from collections.abc import Iterator

from reconciler.files.declared_room import KEYS as ROOM_KEYS
from reconciler.files.keys import OURS as MEMBER_KEYS
from reconciler.model.parameter import TABLE
from tests.site.field_reference import TITLES

_EXAMPLE = """\
version: 1
conference: support\\-line
from: \\(dq+15550100001\\(dq
participants:
  agent: {to: \\(dq+15550100101\\(dq, muted: false}
  trainee: {to: \\(dq+15550100104\\(dq, muted: true}
"""


def roster_manual() -> str:
    """The manual page reconciler-roster(5), in troff."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield '.TH RECONCILER-ROSTER 5 "" "conference-reconciler" "File Formats"'
    yield ".SH NAME"
    yield "reconciler\\-roster \\- YAML file that declares who is in which conference"
    yield ".SH DESCRIPTION"
    yield "One document declares one room. \\fBreconciler schema\\fR prints the JSON Schema,"
    yield "\\fBreconciler validate\\fR reports every error with its place."
    yield ".PP"
    yield ".nf"
    yield from _EXAMPLE.splitlines()
    yield ".fi"
    yield ".SH KEYS OF A ROOM"
    yield _plain(", ".join(sorted(ROOM_KEYS)))
    yield ".SH KEYS OF A PARTICIPANT"
    yield _plain(", ".join(sorted(MEMBER_KEYS)))
    for cls, title in TITLES.items():
        yield f".SH {_plain(title.upper())}"
        for each in TABLE:
            if each.cls is cls:
                yield ".TP"
                yield f"\\fB{_plain(each.name)}\\fR"
                yield _plain(each.about)
    yield ".SH SEE ALSO"
    yield ".BR reconciler (1)"


def _plain(text: str) -> str:
    return text.replace("-", "\\-").replace("…", "...").replace("'", "\\(aq")


if __name__ == "__main__":
    print(roster_manual(), end="")  # noqa: T201 - its whole purpose

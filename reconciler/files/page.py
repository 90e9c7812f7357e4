"""One roster file as text: where things are in it, and what is wrong there."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from yaml.nodes import Node

from reconciler.files.substitution import ReferenceFault, replaced
from reconciler.model.errors import Problem, Severity
from reconciler.model.masking import has_credentials
from reconciler.model.policy import UNRESTRICTED, Policy

LONGEST_SNIPPET: Final = 2000
MOST_PROBLEMS: Final = 100
"""Of each severity that are told of one file; the rest are counted."""

MOST_GUESSES: Final = 20
"""Words of one file for which the word probably meant is looked for."""

_BREAK: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\ud800-\udfff\ufeff]")
_SECRET_KEY: Final = re.compile(
    r"\b\w*(?:pass?w|token|secret)\w*[\"']?\s*:"
    r"(?!\s*[\"']?\$\{\w+\}[\"']?\s*(?:[,}#\n\r]|\Z))",
    re.IGNORECASE,
)


class Page:
    """A file being read; problems gather here in the order they are found.

    ``secret`` is set once the text is known to hold a secret in clear: no line
    of it is shown from then on.
    """

    __slots__ = (
        "environ",
        "errors",
        "file",
        "guesses",
        "policy",
        "problems",
        "secret",
        "text",
        "warnings",
    )

    def __init__(
        self,
        file: str,
        text: str,
        environ: Mapping[str, str],
        policy: Policy = UNRESTRICTED,
    ) -> None:
        self.file = file
        self.policy = policy
        self.text = text
        self.environ = environ
        self.problems: list[Problem] = []
        self.errors = 0
        self.warnings = 0
        self.guesses = 0
        self.secret = False

    def wrong(self, node: Node, message: str, hint: str = "") -> None:
        """Note an error at *node*."""
        mark = node.start_mark
        self.wrong_at(mark.line + 1, mark.column + 1, message, hint)

    def wrong_at(self, line: int, column: int, message: str, hint: str = "") -> None:
        """Note an error at a place; both count from 1."""
        self.errors += 1
        if self.errors <= MOST_PROBLEMS:
            self.problems.append(Problem(self.file, line, column, message, hint=hint))

    def warn(self, node: Node, message: str, hint: str = "") -> None:
        """Note something at *node* that is allowed and probably not meant."""
        self.warnings += 1
        if self.warnings > MOST_PROBLEMS:
            return
        mark = node.start_mark
        self.problems.append(
            Problem(
                self.file,
                mark.line + 1,
                mark.column + 1,
                message,
                hint=hint,
                severity=Severity.WARNING,
            )
        )

    def may_guess(self) -> bool:
        """Whether one more word of the file may be compared with what is known."""
        self.guesses += 1
        return self.guesses <= MOST_GUESSES

    def place(self, node: Node) -> str:
        """``file:line:column`` of *node*."""
        mark = node.start_mark
        return f"{self.file}:{mark.line + 1}:{mark.column + 1}"

    def replaced(self, node: Node, text: str) -> str | None:
        """*text* with environment references replaced; None is noted at *node*."""
        if "${" not in text:
            return text
        try:
            return replaced(text, self.environ, self.policy.reads)
        except ReferenceFault as fault:
            self.wrong(node, str(fault), fault.hint)
            return None

    def shown(self) -> list[Problem]:
        """The problems by position, each with its line of source."""
        found = by_place(with_snippets(self.problems, self.text, secret=self.secret))
        return [*found, *self._rest()]

    def _rest(self) -> Iterator[Problem]:
        for count, severity in (
            (self.errors, Severity.ERROR),
            (self.warnings, Severity.WARNING),
        ):
            more = count - MOST_PROBLEMS
            if more > 0:
                message = (
                    f"{more} more {severity}{'' if more == 1 else 's'} in this file"
                )
                yield Problem(self.file, 0, 0, message, severity=severity)


def by_place(problems: Iterable[Problem]) -> list[Problem]:
    """The problems of one file by position."""
    return sorted(problems, key=lambda each: (each.line, each.column))


def with_snippets(
    problems: Sequence[Problem], text: str, *, secret: bool
) -> list[Problem]:
    """*problems* of *text*, each with its line unless a secret stands in clear."""
    if not problems or secret or _SECRET_KEY.search(text):
        return list(problems)
    lines = lines_of(text)
    return [_with_snippet(each, lines) for each in problems]


def lines_of(text: str) -> list[str]:
    """The lines of *text*, broken where YAML breaks them."""
    return _BREAK.split(text)


def _with_snippet(problem: Problem, lines: list[str]) -> Problem:
    if not 0 < problem.line <= len(lines):
        return problem
    line = lines[problem.line - 1]
    if len(line) > LONGEST_SNIPPET or has_credentials(line):
        return problem
    return Problem(
        problem.file,
        problem.line,
        problem.column,
        problem.message,
        _CONTROL.sub("\N{REPLACEMENT CHARACTER}", line),
        problem.hint,
        problem.severity,
    )

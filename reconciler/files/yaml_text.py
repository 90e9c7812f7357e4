"""Text of a roster file with positions and problems."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from yaml.nodes import Node

from reconciler.files.file_inputs import FileInputs
from reconciler.files.referenced_files import SourceText
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

    ``path`` is its absolute path, links kept. ``secret`` is set once the text is known
    to hold a secret in clear: no line of it is shown from then on. ``sources`` are the
    other files, by name, whose nodes are read here. ``blocked`` counts what cannot be
    read because of another file's errors, which are noted there.
    """

    __slots__ = (
        "blocked",
        "environ",
        "errors",
        "file",
        "guesses",
        "inputs",
        "path",
        "policy",
        "problems",
        "secret",
        "sources",
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
        self.path = os.path.abspath(file)  # noqa: PTH100 - links kept
        self.policy = policy
        self.text = text
        self.environ = environ
        self.problems: list[Problem] = []
        self.errors = 0
        self.warnings = 0
        self.guesses = 0
        self.secret = False
        self.blocked = 0
        self.sources: dict[str, SourceText] = {}
        self.inputs = FileInputs()

    def wrong(self, node: Node, message: str, hint: str = "") -> None:
        """Note an error at *node*."""
        mark = node.start_mark
        place = (self.file_of(node), mark.line + 1, mark.column + 1)
        self._note(Problem(*place, message, hint=hint))

    def wrong_at(self, line: int, column: int, message: str, hint: str = "") -> None:
        """Note an error at a place of the file; both count from 1."""
        self._note(Problem(self.file, line, column, message, hint=hint))

    def _note(self, problem: Problem) -> None:
        if problem in self.problems:
            return
        self.errors += 1
        if self.errors <= MOST_PROBLEMS:
            self.problems.append(problem)

    def warn(self, node: Node, message: str, hint: str = "") -> None:
        """Note something at *node* that is allowed and probably not meant."""
        mark = node.start_mark
        place = (self.file_of(node), mark.line + 1, mark.column + 1)
        problem = Problem(*place, message, hint=hint, severity=Severity.WARNING)
        self.warnings += 1
        if self.warnings <= MOST_PROBLEMS:
            self.problems.append(problem)

    def add_source(self, name: str, text: str) -> None:
        """Have the nodes of the file *name* known by its text."""
        self.sources[name] = SourceText(text)

    def adopt(self, *problems: Problem) -> None:
        """Note errors of a file that this one names."""
        for problem in problems:
            self._note(problem)

    def missing(self, node: Node, message: str, hint: str) -> None:
        """Note that something is declared nowhere, unless broken files may do it.

        Then nothing is said: their errors are, and what is read here waits for them.
        """
        broken = self.inputs.directory.broken
        if not broken:
            self.wrong(node, message, hint)
            return
        self.blocked += 1
        self.inputs.room |= broken

    def file_of(self, node: Node) -> str:
        """The name of the file that *node* stands in."""
        name = node.start_mark.name
        return name if name in self.sources else self.file

    @property
    def faults(self) -> int:
        """Grows with every error, and with what another file's errors block."""
        return self.errors + self.blocked

    def may_guess(self) -> bool:
        """Whether one more word of the file may be compared with what is known."""
        self.guesses += 1
        return self.guesses <= MOST_GUESSES

    def place(self, node: Node) -> str:
        """``file:line:column`` of *node*."""
        mark = node.start_mark
        return f"{self.file_of(node)}:{mark.line + 1}:{mark.column + 1}"

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
        texts = {
            name: (source.text, self.secret or source.secret)
            for name, source in self.sources.items()
        }
        texts[self.file] = self.text, self.secret
        problems = [problem for problem in self.problems if problem.file not in texts]
        for name, (text, secret) in texts.items():
            of_file = [problem for problem in self.problems if problem.file == name]
            problems += with_snippets(of_file, text, secret=secret)
        return [*by_place(problems), *self._rest()]

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
    """The problems of one file, and of those that it names, by position."""
    return sorted(
        problems, key=lambda problem: (problem.file, problem.line, problem.column)
    )


def with_snippets(
    problems: Sequence[Problem], text: str, *, secret: bool
) -> list[Problem]:
    """*problems* of *text*, each with its line unless a secret stands in clear."""
    if not problems or secret or _SECRET_KEY.search(text):
        return list(problems)
    lines = lines_of(text)
    return [_with_snippet(problem, lines) for problem in problems]


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

"""Faults on demand: what goes wrong on the way to an answer, and when."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from fnmatch import fnmatchcase

from reconciler.model.duration import seconds


class FaultKind(StrEnum):
    """What goes wrong.

    500, 502, 503  that status, with Twilio's body
    429            too many requests; never processed, whatever ``after`` says
    reset          the TCP connection is reset
    hang           no answer ever, or a reset after ``seconds``
    slow           the answer comes ``seconds`` late
    garbage        status 200 and HTML
    truncated      the JSON stops half-way
    partial_page   half of the page; it names a next page, which answers 500
    stale          the answer that this very request got the time before
    """

    ERROR = "500"
    BAD_GATEWAY = "502"
    UNAVAILABLE = "503"
    TOO_MANY = "429"
    RESET = "reset"
    HANG = "hang"
    SLOW = "slow"
    GARBAGE = "garbage"
    TRUNCATED = "truncated"
    PARTIAL_PAGE = "partial_page"
    STALE = "stale"


_ALWAYS_PROCESSED = frozenset(
    {FaultKind.SLOW, FaultKind.TRUNCATED, FaultKind.PARTIAL_PAGE, FaultKind.STALE}
)


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault for requests of a method and a path.

    ``path`` is a pattern (``*``, ``?``, ``[…]``) for the path, with or without
    its query. The first ``skip`` such requests go well, the next ``times`` do
    not. ``after`` says that the request takes effect first.
    """

    kind: FaultKind
    method: str = "*"
    path: str = "*"
    times: int = 1
    skip: int = 0
    after: bool = False
    seconds: float = 0.0

    @property
    def processed(self) -> bool:
        """Whether the request takes effect."""
        if self.kind is FaultKind.TOO_MANY:
            return False
        return self.after or self.kind in _ALWAYS_PROCESSED

    def matches(self, method: str, path: str, query: str) -> bool:
        """Whether it is about such a request."""
        return self.method in {"*", method} and (
            fnmatchcase(path, self.path) or fnmatchcase(f"{path}?{query}", self.path)
        )


@dataclass(slots=True)
class Faults:
    """Faults to come, the oldest first."""

    queued: list[Fault] = field(default_factory=list)

    def add(self, fault: Fault) -> None:
        """Let it go wrong so."""
        self.queued.append(fault)

    def clear(self) -> None:
        """Let all go well."""
        self.queued.clear()

    def take(self, method: str, path: str, query: str) -> Fault | None:
        """What goes wrong with this request, used up by it."""
        for index, fault in enumerate(self.queued):
            if not fault.matches(method, path, query):
                continue
            if fault.skip:
                self.queued[index] = replace(fault, skip=fault.skip - 1)
                continue
            self.queued[index : index + 1] = (
                [replace(fault, times=fault.times - 1)] if fault.times > 1 else []
            )
            return fault
        return None


def read_fault(document: Mapping[str, object]) -> Fault:
    """Turn JSON into a fault; ValueError says what is wrong."""
    known = [each.name for each in fields(Fault)]
    if strange := sorted(document.keys() - set(known)):
        raise ValueError(f"a fault has no {', '.join(strange)}; it has {known}")
    return Fault(
        kind=FaultKind(str(document.get("kind", ""))),
        method=str(document.get("method", "*")).upper(),
        path=str(document.get("path", "*")),
        times=int(seconds(document.get("times", 1))),
        skip=int(seconds(document.get("skip", 0))),
        after=document.get("after", False) is True,
        seconds=seconds(document.get("seconds", 0)),
    )

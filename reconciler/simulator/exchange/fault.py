"""Fault injection for requests."""

from collections.abc import Mapping
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.model.duration import seconds
from reconciler.simulator.exchange.people import ALWAYS


class FaultKind(StrEnum):
    """What goes wrong.

    400, 401, 403, 404, 409   that status
    500, 502, 503             that status
    429            too many requests; never processed, whatever ``after`` says
    reset          the TCP connection is reset
    hang           no answer ever, or a reset after ``seconds``
    slow           the answer comes ``seconds`` late
    garbage        status 200 and HTML
    truncated      the JSON stops half-way
    partial_page   half of the page; it names a next page, which answers 500
    stale          the answer that this very request got the time before, or,
                   with ``seconds``, the one it would have got so long ago
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
    BAD_REQUEST = "400"
    UNAUTHORIZED = "401"
    FORBIDDEN = "403"
    NOT_FOUND = "404"
    CONFLICT = "409"


class Source(StrEnum):
    """Who wrote the body of an error.

    twilio  JSON with a code
    cdn     the HTML page of the content delivery network before Twilio
    """

    TWILIO = "twilio"
    CDN = "cdn"


_ALWAYS_PROCESSED: Final = frozenset(
    {FaultKind.SLOW, FaultKind.TRUNCATED, FaultKind.PARTIAL_PAGE, FaultKind.STALE}
)
_NOT_DELAYED: Final = frozenset({FaultKind.HANG, FaultKind.STALE})


class FaultTarget(Struct, frozen=True):
    """The request that a fault may strike.

    ``room`` is the name of the conference it is about; ``who`` holds call SID,
    label and address of the leg it is about. Both are empty where it is about none.
    """

    method: str
    path: str
    query: str = ""
    room: str = ""
    who: tuple[str, ...] = ()


class Fault(Struct, frozen=True):
    """A fault for requests of a method, a path, a room and a person.

    ``path``, ``room`` and ``who`` are patterns (``*``, ``?``, ``[…]``); the path
    is matched with and without its query. The first ``skip`` such requests go
    well, the next ``times`` do not, or with ``every`` 3, each third of them.
    ``lasts`` replaces ``times``: it strikes for so many seconds from its first
    strike on. ``after`` says that the request takes effect first.

    ``seconds`` is how late the answer comes. ``code`` and ``body`` are those of
    the error's body, ``retry_after`` its header in seconds; 0 is the usual code,
    and no header. An error of Twilio's with status 401 or 403 is never processed.
    """

    kind: FaultKind
    method: str = "*"
    path: str = "*"
    times: int = 1
    skip: int = 0
    after: bool = False
    seconds: float = 0.0
    room: str = "*"
    who: str = "*"
    every: int = 1
    lasts: float = 0.0
    until: float | None = None
    code: int = 0
    body: Source = Source.TWILIO
    retry_after: float = 0.0

    @property
    def processed(self) -> bool:
        """Whether the request takes effect."""
        if self.kind is FaultKind.TOO_MANY or self._refused_at_once:
            return False
        return self.after or self.kind in _ALWAYS_PROCESSED

    @property
    def delay_seconds(self) -> float:
        """How late the answer comes."""
        return 0.0 if self.kind in _NOT_DELAYED else self.seconds

    @property
    def _refused_at_once(self) -> bool:
        credentials = self.kind in {FaultKind.UNAUTHORIZED, FaultKind.FORBIDDEN}
        return credentials and self.body is Source.TWILIO

    def matches(self, target: FaultTarget) -> bool:
        """Whether it is about such a request."""
        paths = (target.path, f"{target.path}?{target.query}")
        return (
            self.method in {"*", target.method}
            and any(fnmatchcase(path, self.path) for path in paths)
            and fnmatchcase(target.room, self.room)
            and any(fnmatchcase(each, self.who) for each in target.who or ("",))
        )

    def next(self, now: float) -> "Fault | None":
        """What is left of it after a strike."""
        if self.lasts:
            until = now + self.lasts if self.until is None else self.until
            return replace(self, until=until, skip=self.every - 1)
        if self.times <= 1:
            return None
        return replace(self, times=self.times - 1, skip=self.every - 1)


class Faults(Struct):
    """Faults to come, the oldest first."""

    queued: list[Fault] = field(default_factory=list)

    def add(self, fault: Fault) -> None:
        """Let it go wrong so."""
        self.queued.append(fault)

    def clear(self) -> None:
        """Let all go well."""
        self.queued.clear()

    def take(self, target: FaultTarget, now: float) -> Fault | None:
        """What goes wrong with this request, used up by it."""
        self.queued = [
            each for each in self.queued if each.until is None or now < each.until
        ]
        for index, fault in enumerate(self.queued):
            if not fault.matches(target):
                continue
            if fault.skip:
                self.queued[index] = replace(fault, skip=fault.skip - 1)
                continue
            left = fault.next(now)
            self.queued[index : index + 1] = [left] if left else []
            return fault
        return None


def read_fault(document: Mapping[str, object]) -> Fault:
    """Turn JSON into a fault; ValueError says what is wrong."""
    known = [x for x in Fault.__struct_fields__ if x != "until"]
    if strange := sorted(document.keys() - set(known)):
        raise ValueError(f"a fault has no {', '.join(strange)}; it has {known}")
    return Fault(
        kind=FaultKind(str(document.get("kind", ""))),
        method=str(document.get("method", "*")).upper(),
        path=str(document.get("path", "*")),
        times=_times(document.get("times", 1)),
        skip=int(seconds(document.get("skip", 0))),
        after=document.get("after", False) is True,
        seconds=seconds(document.get("seconds", 0)),
        room=str(document.get("room", "*")),
        who=str(document.get("who", "*")),
        every=max(1, int(seconds(document.get("every", 1)))),
        lasts=seconds(document.get("lasts", 0)),
        code=int(seconds(document.get("code", 0))),
        body=Source(str(document.get("body", Source.TWILIO))),
        retry_after=seconds(document.get("retry_after", 0)),
    )


def _times(raw: object) -> int:
    return ALWAYS if raw is True else int(seconds(raw))

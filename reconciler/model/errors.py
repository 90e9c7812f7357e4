"""All errors, named by what to do about them.

ReconcilerError
  RosterError          fix the file: carries every problem of the run
  SettingError         fix an option, an environment variable or the installation
  StoreError           the database cannot be used now; look at the database
  RoomBusy             another process holds the room; try again
    RoomMoved            another account acts in it; leave it alone
  RoomChanged          the plan no longer holds; look again
  ReadOnlyViolation    a program writes by a read-only client
  ClientClosed         a program uses a client that it has closed
  EventLoopRunning     a program blocks its event loop: await the other function
  TwilioError          Twilio, or the way to it
    TransientError       wait and try again; nothing was changed by the request
      RateLimited          wait as long as told; it was never processed
      RefusalInDoubt       ask again: the credentials were refused, perhaps by mistake
      NotSent              its time was over before the first byte; look again
    UnknownOutcome       look before doing anything: the request may have worked
    TerminalError        a person must act; the same request fails again
      CredentialsRefused   credentials are wrong or may not do this
      Gone                 the participant, call or conference is no longer there
      LabelInUse           somebody active already in the room has the label
"""

from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from reconciler.model.masking import mask_in_place


class Severity(StrEnum):
    """How bad a problem of a roster file is: only errors stop a load."""

    ERROR = "error"
    WARNING = "warning"


class Problem(Struct, frozen=True):
    """One thing wrong in a roster file.

    ``line`` and ``column`` count from 1; both are 0 where a file has no text
    to point into. ``snippet`` is the source line, ``hint`` says what to write
    instead; both may be empty.
    """

    file: str
    line: int
    column: int
    message: str
    snippet: str = ""
    hint: str = ""
    severity: Severity = Severity.ERROR

    @property
    def place(self) -> str:
        """``file:line:column``, or the file alone where there is no text."""
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column}"

    @property
    def masked(self) -> "Problem":
        """The same without a full phone number, its columns kept."""
        return replace(
            self,
            message=mask_in_place(self.message),
            snippet=mask_in_place(self.snippet),
            hint=mask_in_place(self.hint),
        )


class RefusedFile(Struct, frozen=True):
    """A roster file, or a folder of them, that is not loaded because of its errors.

    ``file`` is the name as shown, ``path`` its absolute path with links kept.
    ``rooms`` are the names declared in it, as far as they could be read.
    """

    file: str
    path: str
    rooms: tuple[str, ...]
    problems: tuple[Problem, ...]


class ReconcilerError(Exception):
    """The root of all errors here; its text is a sentence for a person."""


class RosterError(ReconcilerError):
    """Roster files are wrong; ``problems`` holds all of them, in file order.

    Its text has a line a problem, with its place; phone numbers are masked there.
    """

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(_line, problems)))
        self.problems = problems


def _line(problem: Problem) -> str:
    place = problem.place
    message = problem.masked.message
    return f"{place}: {message}" if place else message


class SettingError(ReconcilerError):
    """An option, an environment variable or the installation is wrong."""


class StoreError(ReconcilerError):
    """The database cannot be read or written now."""


class RoomBusy(ReconcilerError):  # noqa: N818 - a state of the world, not a fault
    """Another process holds the room's lease."""


class RoomMoved(RoomBusy):
    """Another account acts in the room, not the one of this pass."""


class RoomChanged(ReconcilerError):  # noqa: N818 - a state of the world
    """The room's row is not the one that a plan was made for."""


class ReadOnlyViolation(ReconcilerError, RuntimeError):  # noqa: N818 - it names what the request is
    """A write was called on a read-only client; nothing was sent."""


class ClientClosed(ReconcilerError, RuntimeError):  # noqa: N818 - a state of the client
    """A client was used after it was closed; nothing was sent."""


class EventLoopRunning(ReconcilerError, RuntimeError):  # noqa: N818 - a state of the program
    """A function that blocks was called in a running event loop; nothing was done."""


class TwilioError(ReconcilerError):
    """Twilio's answer, or the lack of one.

    ``status`` is the HTTP status (0 without an answer), ``code`` Twilio's error
    code (0 without one), ``request_id`` the Twilio-Request-Id header,
    ``retry_after`` the seconds for which Twilio asks to send nothing, None if it
    does not.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        code: int = 0,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.request_id = request_id
        self.retry_after = retry_after


class TransientError(TwilioError):
    """The request had no effect and may work later."""


class RateLimited(TransientError):  # noqa: N818 - Twilio's own word
    """429: never processed."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 429,
        code: int = 20429,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(
            message,
            status=status,
            code=code,
            request_id=request_id,
            retry_after=retry_after,
        )


class NotSent(TransientError):  # noqa: N818 - what became of it
    """The request was not to leave any longer when it could have."""


class RefusalInDoubt(TransientError):  # noqa: N818 - a state of what was read
    """A 401 that may be a stray: the request was not carried out."""


class UnknownOutcome(TwilioError):  # noqa: N818 - the request may have worked
    """A write may have reached Twilio; only looking tells."""


class TerminalError(TwilioError):
    """Twilio refused, and the same request would be refused again."""


class CredentialsRefused(TerminalError):  # noqa: N818 - a refusal, not a fault
    """The account or its credentials are refused, and not by one stray answer."""


class Gone(TerminalError):  # noqa: N818 - a state of the world, not a fault
    """404: the participant, call or conference is not there (any longer)."""


class LabelInUse(TerminalError):  # noqa: N818 - a state of the world, not a fault
    """16026: an active participant of the conference already has the label."""

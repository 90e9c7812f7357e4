"""Exit codes of commands, and of what the Python API returns."""

from reconciler.model.errors import (
    CredentialsRefused,
    ReconcilerError,
    RoomBusy,
    RosterError,
    SettingError,
    StoreError,
    TransientError,
    TwilioError,
)

FAILED = 1
DIFFERENCES = 2
NOT_CONVERGED = 3
WITHHELD = 4
USAGE = 64
UNREACHABLE = 69
SOFTWARE = 70
BUSY = 75
CREDENTIALS = 77
INVALID = 78
INTERRUPTED = 130
CUT_OFF = 141

_CODES: tuple[tuple[type[ReconcilerError], int], ...] = (
    (RosterError, INVALID),
    (SettingError, INVALID),
    (StoreError, UNREACHABLE),
    (RoomBusy, BUSY),
    (CredentialsRefused, CREDENTIALS),
    (TransientError, UNREACHABLE),
    (TwilioError, FAILED),
)


def code_of(error: ReconcilerError) -> int:
    """The exit code that tells what kind of error it is."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), FAILED)

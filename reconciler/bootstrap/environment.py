"""Clocks, environment variables and the current user."""

import logging
import os
import pwd
import socket
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from reconciler.model.policy import Policy
from reconciler.operations.requester import Operator
from reconciler.setting_names import require_meant
from reconciler.settings import Settings, read_settings

now = time.time
"""The wall clock, in Unix seconds."""

monotonic = time.monotonic
"""Seconds of a clock that nobody sets."""


def settings(
    *, database_url: str | None = None, twilio_url: str | None = None
) -> Settings:
    """The environment's settings; an option that is given wins."""
    require_meant(os.environ)
    found = read_settings(os.environ, lambda path: Path(path).read_text("utf-8"))
    return replace(
        found,
        database_url=database_url or found.database_url,
        twilio_url=twilio_url or found.twilio_url,
    )


def secrets(policy: Callable[[], Policy]) -> Callable[[str], str]:
    """What gives the value that a reference of a roster stands for.

    LookupError if the variable is not set, or the policy of now lets no roster
    read it.
    """

    def value(name: str) -> str:
        if not policy().reads(name):
            raise LookupError(name)
        return os.environ[name]

    return value


def warn(text: str) -> None:
    """Tell an operator; on standard error where no log is set up."""
    logging.getLogger("reconciler").warning("%s", text)


def owner() -> str:
    """A name for this process that no other has."""
    return f"{person()}/{os.getpid()}/{uuid.uuid4().hex[:8]}"


def new_run() -> str:
    """A name for a run that no other has."""
    return uuid.uuid4().hex[:12]


def person() -> str:
    """Who runs this process, for the record: the system's word, not a variable's.

    With sudo, who called it is named beside.
    """
    caller = os.environ.get("SUDO_UID", "")
    by = f" (sudo by {_user(int(caller))})" if caller.isdecimal() else ""
    return f"{user()}@{socket.gethostname()}{by}"


def operator(reason: str | None = None) -> Operator:
    """Who runs this process, as whoever decides about rooms, and why."""
    return Operator(user(), person(), reason or "")


def user() -> str:
    """The system's name of the user that this process acts as."""
    return _user(os.geteuid())


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)

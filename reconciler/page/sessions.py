"""Sessions of people who signed in, in memory: a restart ends them all."""

import hashlib
import secrets
from typing import Any, Final

from msgspec import Struct, field

from reconciler.engine.ports import Clock
from reconciler.page.page_access import Identity

LONGEST_SECONDS: Final = 12 * 3600.0
IDLE_SECONDS: Final = 2 * 3600.0
MOST_SESSIONS: Final = 1000
MOST_VISITS: Final = 1000
VISIT_SECONDS: Final = 600.0
"""Seconds that a sign-in at an OpenID provider may take."""


class PageSession(Struct):
    """A browser that signed in, or is about to: then ``identity`` is None.

    ``data`` is what Authlib keeps of a sign-in under way. ``notice`` is shown on the
    next page, once.
    """

    identity: Identity | None
    began_at: float
    used_at: float
    data: dict[str, Any] = field(default_factory=dict)
    notice: "DecisionNotice | None" = None

    def lasts(self, now: float) -> bool:
        """Whether it has neither run out nor been idle for too long."""
        if self.identity is None:
            return now - self.began_at < VISIT_SECONDS
        idle = now - self.used_at
        return now - self.began_at < LONGEST_SECONDS and idle < IDLE_SECONDS


class DecisionNotice(Struct, frozen=True):
    """What came of a decision, and where it can be undone, if it can."""

    text: str
    undo: str = ""


class Sessions:
    """Sessions by the secret of a cookie; only its digest is kept."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sessions: dict[bytes, PageSession] = {}

    def begin(self, identity: Identity | None) -> str:
        """A new session; its secret, for a cookie."""
        self._drop_old()
        secret = secrets.token_urlsafe(32)
        now = self._clock()
        self._sessions[_key(secret)] = PageSession(identity, now, now)
        return secret

    def find(self, secret: str, *, use: bool = True) -> PageSession | None:
        """The session of *secret*; *use* says that a person does something."""
        session = self._sessions.get(_key(secret))
        if session is None:
            return None
        if not session.lasts(self._clock()):
            self.end(secret)
            return None
        if use:
            session.used_at = self._clock()
        return session

    def end(self, secret: str) -> None:
        """End the session: its secret is worth nothing from now on."""
        self._sessions.pop(_key(secret), None)

    def _drop_old(self) -> None:
        now = self._clock()
        for key in [
            x
            for x, page_session in self._sessions.items()
            if not page_session.lasts(now)
        ]:
            del self._sessions[key]
        for signed_in in (False, True):
            keys = [
                x
                for x, page_session in self._sessions.items()
                if (page_session.identity is not None) is signed_in
            ]
            most = MOST_SESSIONS if signed_in else MOST_VISITS
            for key in keys[: max(0, len(keys) - most + 1)]:
                del self._sessions[key]


def _key(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()

"""Distinguishes refused credentials from a stray 401.

Twilio and the CDN before it are known to answer single requests with a 401 that
means nothing. A refusal is believed when the same request was refused again and
again with no success of any other meanwhile; after the second time where nothing
has worked yet, or for long.
"""

from collections.abc import Callable

from reconciler.model.errors import CredentialsRefused, RefusalInDoubt, TwilioError

PAUSES_SECONDS = (0.5, 1.0, 2.0)
"""Seconds between the tries of a read whose credentials are refused."""

VOUCHED_SECONDS = 300.0
"""Seconds for which a success speaks for the credentials."""

_NEVER = float("-inf")
_TWICE = 2


class Access:
    """What the answers so far say of one account's credentials.

    ``clock`` gives seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._accepted_at = _NEVER
        self._denied_at: float | None = None

    @property
    def denied_at(self) -> float | None:
        """When the refusal that is believed was met, None while none is."""
        return self._denied_at

    def accepted(self, at: float) -> None:
        """A request was answered with a success, *at* by the clock."""
        self._accepted_at = at
        self._denied_at = None

    def judged(
        self, error: CredentialsRefused, *, tried: int, since: float
    ) -> TwilioError:
        """*error*, or a RefusalInDoubt while it may be a stray.

        The request was *tried* so often and refused each time, first at *since*.
        """
        if not self._believed(tried, since):
            return RefusalInDoubt(
                f"{error}; possibly temporary, retrying",
                status=error.status,
                code=error.code,
                request_id=error.request_id,
                retry_after=error.retry_after,
            )
        if self._denied_at is None:
            self._denied_at = self._clock()
        return error

    def _believed(self, tried: int, since: float) -> bool:
        if self._denied_at is not None:
            return True
        if self._clock() - self._accepted_at > VOUCHED_SECONDS:
            return tried >= _TWICE
        return tried > len(PAUSES_SECONDS) and self._accepted_at <= since

"""Lists active conferences by name."""

from collections.abc import Callable, Collection, Iterable, Mapping
from math import ceil

from msgspec import Struct

from reconciler.model.errors import CredentialsRefused, Gone, TerminalError
from reconciler.model.observation import Conference, ConferenceStatus, Unknown
from reconciler.twilio.api.client import MOST_A_PAGE, TwilioClient
from reconciler.twilio.listing_checks import two_active
from reconciler.twilio.observe import gathered

Shown = Mapping[str, Conference | Unknown]
"""The active conference of a name, or why what the name shows is not believed."""

_QUESTIONS = 2
"""Requests a name: ``init`` first, then ``in-progress``. A conference that starts
in between is seen by the second, where the other order would miss it in both."""


class Survey(Struct):
    """Looks up names, by as few requests as it takes.

    One listing of all active conferences serves any number of names; a few
    names are asked for one by one where that listing has many pages.
    """

    client: TwilioClient
    warn: Callable[[str], None] = lambda _: None
    _listing: int = _QUESTIONS

    async def survey(self, rooms: Collection[str]) -> Shown:
        """The active conferences of *rooms*; any TwilioError is raised."""
        if len(rooms) * _QUESTIONS <= self._listing:
            conferenceses = await gathered(self._active(room) for room in rooms)
            return _by_name(
                set(rooms),
                [conference for some in conferenceses for conference in some],
            )
        everything = await self._active(None)
        self._listing = max(_QUESTIONS, ceil(len(everything) / MOST_A_PAGE))
        return _by_name(set(rooms), everything)

    async def _active(self, name: str | None) -> Collection[Conference]:
        found: dict[str, Conference] = {}
        for conference in (*await self._waiting(name), *await self._started(name)):
            found[conference.sid] = conference
        return found.values()

    async def _waiting(self, name: str | None) -> Collection[Conference]:
        """Those that have not started; none, with a warning, if that is no question.

        Whether Twilio answers it for ever is not documented. A conference of our
        own creates is known by its SID all the same.
        """
        try:
            return await self.client.conferences.list(name, ConferenceStatus.INIT)
        except (CredentialsRefused, Gone):
            raise
        except TerminalError as error:
            self.warn(f"conferences that have not started are not listed: {error}")
            return ()

    async def _started(self, name: str | None) -> Collection[Conference]:
        return await self.client.conferences.list(name, ConferenceStatus.IN_PROGRESS)


def _by_name(rooms: set[str], found: Iterable[Conference]) -> Shown:
    shown: dict[str, Conference | Unknown] = {}
    for conference in found:
        if (
            conference.name not in rooms
            or conference.status is ConferenceStatus.COMPLETED
        ):
            continue
        other = shown.setdefault(conference.name, conference)
        if isinstance(other, Conference) and other is not conference:
            shown[conference.name] = Unknown(
                conference.name, two_active(other.sid, conference.sid)
            )
    return shown

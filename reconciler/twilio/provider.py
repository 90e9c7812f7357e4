"""Twilio as the engine's Provider."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence

from msgspec.structs import replace

from reconciler.engine.limits.in_flight import MAX_READS_IN_FLIGHT
from reconciler.engine.ports import Changed, Clock, Placed
from reconciler.model.action import Change, Remove, Ring
from reconciler.model.errors import (
    CredentialsRefused,
    Gone,
    RateLimited,
    TerminalError,
    TransientError,
    TwilioError,
    UnknownOutcome,
)
from reconciler.model.number import is_emergency
from reconciler.model.observation import (
    RING,
    Call,
    Conference,
    ConferenceSurvey,
    ListingToken,
    Observation,
    Participant,
    Questions,
    Unknown,
)
from reconciler.model.parameter import REFERABLE
from reconciler.model.reference import substituted
from reconciler.model.roster import Fields, Value
from reconciler.twilio.api.client import TwilioClient
from reconciler.twilio.api.insights import Insights
from reconciler.twilio.api.listing_snapshot import ListingSnapshot
from reconciler.twilio.lost_create_lookup import LostCreateLookup
from reconciler.twilio.observe import ConferenceObserver
from reconciler.twilio.remove import Removal
from reconciler.twilio.survey import Survey


class TwilioProvider:
    """The engine's Provider over *client*.

    ``secrets`` gives the value of a name that a secret refers to, and raises
    LookupError for one that has none. ``callbacks`` gives the create parameters, such
    as ``conference_status_callback`` with its events, that a ring into a conference
    (its SID or name) gets if its member names no callback of the kind. At most
    ``at_once`` requests of looks are under way together. ``limited`` is told of an
    observation that met a 429, with the seconds to wait, None if Twilio did not say.
    ``warn`` is told, once each, of questions that Twilio does not answer and that are
    done without. ``insights`` is asked about lost creates. ``clock`` gives Unix seconds.
    """

    def __init__(
        self,
        client: TwilioClient,
        *,
        secrets: Callable[[str], str],
        clock: Clock,
        callbacks: Callable[[str], Fields] = lambda _: (),
        at_once: int = MAX_READS_IN_FLIGHT,
        limited: Callable[[float | None], None] = lambda _: None,
        warn: Callable[[str], None] = lambda _: None,
        insights: Insights | None = None,
    ) -> None:
        self._client = client
        self._limited = limited
        self._clock = clock
        self._secrets = secrets
        self._callbacks = callbacks
        told = once(warn)
        self._survey = Survey(client, told)
        lookup = LostCreateLookup(insights, told) if insights is not None else None
        limit = asyncio.Semaphore(at_once)
        self._observer = ConferenceObserver(client, limit, clock, lookup)
        self._removal = Removal(client)

    async def survey(self, rooms: Sequence[str]) -> ConferenceSurvey:
        """The active conferences of these names; CredentialsRefused is raised."""
        if not rooms:
            return ConferenceSurvey()
        try:
            return ConferenceSurvey(await self._survey.survey(rooms))
        except CredentialsRefused:
            raise
        except Gone as error:
            judged = self._client.access.judged(_no_account(error), tried=2, since=0.0)
            if isinstance(judged, CredentialsRefused):
                raise judged from error
            return ConferenceSurvey(unknown=str(judged))
        except TwilioError as error:
            self._report_limit(error)
            return ConferenceSurvey(unknown=str(error))

    async def observe(
        self, room: str, conference: Conference | None, questions: Questions
    ) -> Observation | Unknown:
        """All of it, or why it is not known; CredentialsRefused is raised."""
        return await self._unless_failed(
            room, self._observer.observe(room, conference, questions)
        )

    async def confirm(
        self, observation: Observation, call_sids: Collection[str]
    ) -> Observation | Unknown:
        """*observation* with some legs read one by one; as ``observe``."""
        return await self._unless_failed(
            observation.room, self._observer.confirm(observation, call_sids)
        )

    async def listed_again(self, observation: Observation) -> Observation | Unknown:
        """*observation* as of now if it is still so; as ``observe``."""
        room = observation.room
        if observation.conference is None:
            began, survey = self._clock(), await self.survey((room,))
            absent = survey.of(room) is None
            return replace(observation, listed_at=began) if absent else observation
        return await self._unless_failed(room, self._observer.listed_again(observation))

    async def unchanged(self, listing: ListingToken) -> bool:
        """Whether the listing shows what it showed; one try."""
        if not isinstance(listing, ListingSnapshot):
            return False
        try:
            reply = await self._client.participants.listed_again(listing)
        except TwilioError as error:
            self._report_limit(error)
            return False
        return listing.matches(reply)

    def known_listing(self, conference_sid: str, stored: str) -> ListingToken:
        """The listing of which another process kept *stored*."""
        return self._client.participants.known_listing(conference_sid, stored)

    def expect(self, writes: int) -> None:
        """Have connections made ahead for so many writes."""
        self._client.expect(writes)

    async def ring(self, ring: Ring, may_send: Callable[[], bool]) -> Placed:
        """Send one create; see the Protocol, and ``ApiSession.post`` on cancellation.

        A conference that is gone is a TransientError: the next one may be called.
        An emergency number is a TerminalError, whatever was declared.
        """
        if is_emergency(ring.to):
            raise TerminalError("nothing was sent: emergency numbers are never called")
        if RING in self._client.service.lacks:
            raise TerminalError("nothing was sent: the service calls nobody")
        fields = tuple(
            (name, self._revealed(name, value))
            for name, value in with_callbacks(
                ring.fields, self._callbacks(ring.conference)
            )
        )
        try:
            return await self._client.participants.create(
                ring.conference,
                fields,
                may_send,
                redact=_hidden(ring.fields, fields),
            )
        except Gone as error:
            raise TransientError(
                f"nobody was called: {error}",
                status=error.status,
                code=error.code,
                request_id=error.request_id,
            ) from error

    async def change(self, change: Change, may_send: Callable[[], bool]) -> Changed:
        """Send one update; Gone if nobody is there."""
        said = tuple(
            (field_change.name, field_change.after)
            for field_change in change.field_changes
        )
        fields = tuple((name, self._revealed(name, value)) for name, value in said)
        changed = await self._client.participants.update(
            change.conference_sid,
            change.call_sid,
            fields,
            may_send,
            redact=_hidden(said, fields),
        )
        if changed.participant.call_sid != change.call_sid:
            raise UnknownOutcome(
                f"Twilio answered about {changed.participant.call_sid} "
                f"when {change.call_sid} was to be changed",
                request_id=changed.request_id,
            )
        return changed

    async def remove(self, remove: Remove, may_send: Callable[[], bool]) -> str | None:
        """Take somebody out, or end the conference."""
        return await self._removal.remove(remove, may_send)

    async def holder(
        self, conference_sid: str, label: str
    ) -> tuple[Participant, Call] | None:
        """Who holds the label; TransientError if their call has no record yet."""
        try:
            leg = await self._client.participants.fetch(conference_sid, label)
        except Gone:
            return None
        try:
            return leg, await self._client.calls.fetch(leg.call_sid)
        except Gone as error:
            raise TransientError(
                f"the call {leg.call_sid} of {label!r} has no record yet",
                status=error.status,
                request_id=error.request_id,
            ) from error

    async def _unless_failed(
        self, room: str, look: Awaitable[Observation]
    ) -> Observation | Unknown:
        try:
            return await look
        except CredentialsRefused:
            raise
        except TwilioError as error:
            self._report_limit(error)
            return Unknown(room, str(error))

    def _report_limit(self, error: TwilioError) -> None:
        if isinstance(error, RateLimited) or error.retry_after is not None:
            self._limited(error.retry_after)

    def _revealed(self, name: str, value: Value) -> Value:
        """*value* with its references replaced by what they stand for."""
        if name not in REFERABLE or not isinstance(value, str) or "${" not in value:
            return value
        return substituted(value, lambda found: self._secret(name, found))

    def _secret(self, name: str, variable: str | None) -> str:
        try:
            return self._secrets(variable or "")
        except LookupError:
            raise TerminalError(
                f"nothing was sent: {name} refers to {variable}, which is not set or "
                "which the policy does not allow"
            ) from None


def _hidden(said: Fields, sent: Fields) -> tuple[str, ...]:
    """The values in *sent* that references in *said* stand for: no text shows them."""
    written = dict(said)
    return tuple(
        str(value) for name, value in sent if value != written.get(name, value)
    )


def once(warn: Callable[[str], None]) -> Callable[[str], None]:
    """*warn*, told of the same thing only once."""
    told: set[str] = set()

    def tell(text: str) -> None:
        if text not in told:
            told.add(text)
            warn(text)

    return tell


def _no_account(error: Gone) -> CredentialsRefused:
    """A listing of the account's own that is not there."""
    return CredentialsRefused(
        "Twilio does not know this account here: check the account SID, the region "
        "and the URL",
        status=error.status,
        code=error.code,
        request_id=error.request_id,
    )


def with_callbacks(fields: Fields, callbacks: Fields) -> Fields:
    """*fields* with those *callbacks* whose kind they do not name, sorted.

    A callback's URL, method and events go together: a member's own URL keeps
    all of ours of its kind away, and ours takes theirs along.
    """
    own = {name for name, _ in fields}
    added = {name: value for name, value in callbacks if _kind(name) not in own}
    kinds = {_kind(name) for name in added}
    kept = {name: value for name, value in fields if _kind(name) not in kinds}
    return tuple(sorted((kept | added).items()))


def _kind(name: str) -> str:
    return name.removesuffix("_event").removesuffix("_method")

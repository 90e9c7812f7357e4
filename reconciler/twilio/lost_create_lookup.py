"""Asks Voice Insights which call a lost create made.

asked of       a lost create that waits for a person, at most every five minutes
with           a GET for the conferences of the room, one for each of the newest three
answer         a call of the label, which the account made        reports it
               no such call, or a summary that is not complete    says nothing
refused        told once; not asked again for an hour
a 429          not asked again for as long as it says, a minute at least
any failure    not asked again for a minute

Nothing of this fails or delays an observation by more than ``MOST_SECONDS``.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from reconciler.model.errors import (
    CredentialsRefused,
    Gone,
    TerminalError,
    TwilioError,
)
from reconciler.model.reported_call import LostCreate, ReportedCall, ReportSource
from reconciler.twilio.api.insights import ConferenceSummary, Insights

ASK_AGAIN_SECONDS: Final = 300.0
"""Seconds between two questions about a create: summaries are complete after minutes."""

REFUSED_SECONDS: Final = 3600.0
"""Seconds without a question once Twilio has refused one."""

FAILED_SECONDS: Final = 60.0
"""Seconds without a question after a failure."""

MOST_SECONDS: Final = 6.0
"""Seconds that the questions of an observation may take."""

MOST_CREATES: Final = 3
"""Creates about which an observation asks; the others are asked about by later ones."""

MOST_CONFERENCES: Final = 3
"""Conferences of a room in which a create is looked for, the newest."""

_KEPT: Final = 10_000
"""Creates of which is known when they were asked about."""

_SLACK_SECONDS: Final = 60.0
"""Seconds by which Twilio's clock and ours may differ."""

_DAY_SECONDS: Final = 86_400.0
"""A conference of the create began no earlier than this before: Twilio ends it then."""

UNAVAILABLE: Final = (
    "Voice Insights does not answer for this account: {error}. Lost creates wait for a "
    "person, as without it. If Voice Insights Advanced Features are not active, "
    "activate them in Twilio's Console, or unset RECONCILER_VOICE_INSIGHTS"
)


class LostCreateLookup:
    """Questions of one process about the account of *insights*.

    ``warn`` is told once that Twilio refuses them.
    """

    def __init__(self, insights: Insights, warn: Callable[[str], None]) -> None:
        self._insights = insights
        self._warn = warn
        self._asked: dict[int, float] = {}
        self._quiet_until = float("-inf")

    async def reported(self, lost: Sequence[LostCreate]) -> tuple[ReportedCall, ...]:
        """The calls that summaries show of those creates; raises nothing."""
        reported_calls: list[ReportedCall] = []
        try:
            async with asyncio.timeout(MOST_SECONDS):
                for lost_create in self._due(lost):
                    reported_calls += await self._calls_of(lost_create)
        except TimeoutError:
            self._be_quiet(FAILED_SECONDS)
        except (CredentialsRefused, TerminalError) as error:
            self._be_quiet(REFUSED_SECONDS)
            self._warn(UNAVAILABLE.format(error=error))
        except TwilioError as error:
            self._be_quiet(max(FAILED_SECONDS, error.retry_after or 0.0))
        return tuple(reported_calls)

    def _due(self, lost: Sequence[LostCreate]) -> Iterable[LostCreate]:
        """Those that may be asked about now; each is asked about from then on."""
        now = asyncio.get_running_loop().time()
        if now < self._quiet_until:
            return
        due = [x for x in lost if now >= self._asked.get(x.attempt_id, now)]
        for lost_create in due[:MOST_CREATES]:
            self._asked.pop(lost_create.attempt_id, None)
            self._asked[lost_create.attempt_id] = now + ASK_AGAIN_SECONDS
            if len(self._asked) > _KEPT:
                del self._asked[next(iter(self._asked))]
            yield lost_create

    def _be_quiet(self, seconds: float) -> None:
        self._quiet_until = asyncio.get_running_loop().time() + seconds

    async def _calls_of(self, create: LostCreate) -> list[ReportedCall]:
        first = create.created_at - _SLACK_SECONDS
        last = max(create.send_by, create.created_at) + _SLACK_SECONDS
        held = await self._insights.conferences(create.room, first - _DAY_SECONDS, last)
        may_be = [x for x in held if _held(x, create.room, first, last)]
        may_be.sort(key=lambda x: x.created_at or 0.0, reverse=True)
        reported_calls: list[ReportedCall] = []
        for conference_summary in may_be[:MOST_CONFERENCES]:
            reported_calls += await self._in_conference(conference_summary.sid, create)
        return reported_calls

    async def _in_conference(self, sid: str, create: LostCreate) -> list[ReportedCall]:
        try:
            rows = await self._insights.participants(sid, create.label)
        except Gone:
            return []
        return [
            ReportedCall(
                row.call_sid, ReportSource.VOICE_INSIGHTS, create.label, row.to
            )
            for row in rows
            if row.complete
            and row.outbound
            and row.call_sid
            and row.label == create.label
            and row.account_sid == self._insights.account.sid
        ]


def _held(summary: ConferenceSummary, room: str, first: float, last: float) -> bool:
    """Whether the conference can have been the create's."""
    began = summary.created_at is None or summary.created_at <= last
    over = summary.ended_at is not None and summary.ended_at < first
    return summary.name == room and began and not over

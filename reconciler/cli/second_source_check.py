"""Checks of the doctor of Event Streams and Voice Insights."""

from collections.abc import Iterator

from reconciler.bootstrap import now
from reconciler.bootstrap.account_client import account
from reconciler.bootstrap.account_source import NamedAccount
from reconciler.cli.check_finding import Finding, Level, failed, passed
from reconciler.model.errors import ReconcilerError, SettingError
from reconciler.settings import Settings
from reconciler.twilio.api.client import ignored
from reconciler.twilio.api.compatible_service import TWILIO
from reconciler.twilio.api.insights import Insights
from reconciler.twilio.lost_create_lookup import UNAVAILABLE
from reconciler.webhooks.public_url import EVENT_STREAMS

_INSIGHTS = "voice insights"


async def insights_findings(of: NamedAccount) -> list[Finding]:
    """Whether Voice Insights answers, where it is to be asked."""
    if not of.settings.voice_insights:
        return []
    try:
        to = account(of.settings)
    except SettingError as error:
        return [failed(_INSIGHTS, error)]
    if to.service is not TWILIO:
        text = f"{to.service.name} has none: RECONCILER_VOICE_INSIGHTS has no effect"
        return [Finding(_INSIGHTS, Level.WARN, text)]
    insights = Insights(to, on_request=ignored)
    try:
        await insights.conferences("reconciler doctor", now() - 60.0, now())
    except ReconcilerError as error:
        return [Finding(_INSIGHTS, Level.WARN, UNAVAILABLE.format(error=error))]
    finally:
        await insights.close()
    return [passed(_INSIGHTS, "asked about lost creates before a person is")]


def event_stream_findings(of: Settings, base: str) -> Iterator[Finding]:
    """Where a sink has to deliver, for a daemon whose public URL is *base*."""
    if of.event_streams:
        text = f"sink: POST {base}{EVENT_STREAMS}; types: docs/second-witness.md"
        yield passed("event streams", text)

"""Voice Insights of an account, where the operator wants it asked."""

from contextlib import AsyncExitStack

from reconciler.settings import Settings
from reconciler.twilio.api.account import Account
from reconciler.twilio.api.compatible_service import TWILIO
from reconciler.twilio.api.insights import Insights
from reconciler.twilio.http.timing import OnRequest


async def open_insights(
    stack: AsyncExitStack, of: Settings, to: Account, on_request: OnRequest
) -> Insights | None:
    """What asks Voice Insights; None where that is not wanted, or not Twilio's."""
    if not of.voice_insights or to.service is not TWILIO:
        return None
    insights = Insights(to, on_request=on_request)
    stack.push_async_callback(insights.close)
    return insights

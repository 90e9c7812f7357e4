"""What tells of calls beside the API and its webhooks; all of it is off by default."""

from msgspec import Struct


class SecondSources(Struct, frozen=True):
    """Event Streams and Voice Insights of the account.

    ``event_sink`` is the URL of a webhook sink, None for none. ``insights_seconds`` is
    how long after somebody has left their summary is complete; None refuses every
    question, as where Advanced Features are not active.
    """

    event_sink: str | None = None
    insights_seconds: float | None = None

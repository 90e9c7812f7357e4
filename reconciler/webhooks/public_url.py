"""Public URL of webhooks, and callback URLs for Twilio."""

from typing import Final
from urllib.parse import quote, unquote, urlencode, urlsplit

from reconciler.model.errors import SettingError
from reconciler.model.port import LAST_PORT
from reconciler.model.roster import Fields

CONFERENCE: Final = "/hooks/conference"
CALL: Final = "/hooks/call"
EVENT_STREAMS: Final = "/hooks/event-streams"
VOICE: Final = "/voice/"
"""The room's name follows, percent-encoded."""

CONFERENCE_EVENTS: Final = ("start", "end", "join", "leave", "mute", "hold", "modify")
CALL_EVENTS: Final = ("initiated", "ringing", "answered", "completed")
"""As asked for; Twilio's own defaults leave out most of them."""


def public_url(text: str) -> str:
    """*text* as Twilio has to know it, without a final slash.

    SettingError unless it is http or https, with a host, and without
    credentials, query or fragment.
    """
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        raise SettingError("--public-url is not a URL") from None
    if parts.username or parts.password:
        raise SettingError("--public-url must not hold credentials")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingError("--public-url must begin with https:// (or http://)")
    if port is not None and not 0 < port <= LAST_PORT:
        raise SettingError(f"--public-url has no valid port: {port}")
    if parts.query or parts.fragment:
        raise SettingError("--public-url must have no '?' and no '#'")
    return parts.geturl().rstrip("/")


def prefix(url: str) -> str:
    """The path of a public URL, decoded; "" for none."""
    return unquote(urlsplit(url).path).rstrip("/")


def encoded_prefix(url: str) -> str:
    """The path of a public URL as it is written in it; "" for none."""
    return urlsplit(url).path.rstrip("/")


def voice_url(url: str, room: str) -> str:
    """What a number's voice webhook is set to, so that its callers join *room*."""
    return f"{url}{VOICE}{quote(room, safe='')}"


def callbacks(url: str, *, room: str | None = None) -> Fields:
    """Create parameters that make Twilio tell us of conference and call.

    Those of the conference are the same for every create, since the first one
    decides. *room*, a name or a conference's SID, goes into the call's URL, where the
    signature covers it.
    """
    query = "" if room is None else urlencode({"room": room})
    return (
        ("conference_status_callback", url + CONFERENCE),
        ("conference_status_callback_event", CONFERENCE_EVENTS),
        ("conference_status_callback_method", "POST"),
        ("status_callback", f"{url}{CALL}?{query}" if query else url + CALL),
        ("status_callback_event", CALL_EVENTS),
        ("status_callback_method", "POST"),
    )

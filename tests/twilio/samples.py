"""Bodies as Twilio documents them."""

from tests.twilio.wire_server import ACCOUNT

CONFERENCE = "CFbbe4632a3c49700934481addd5ce1659"
ANN = "CA386025c9bf5d6052a1d1ea42b4d16662"
BOB = "CA0a1b2c3d4e5f60718293a4b5c6d7e8f9"
COACH = "CA7f6e5d4c3b2a19080716253443526170"
BASE = f"/2010-04-01/Accounts/{ACCOUNT}"


def participant(call_sid: str = ANN, /, **changes: object) -> dict[str, object]:
    return {
        "account_sid": ACCOUNT,
        "call_sid": call_sid,
        "label": "ann",
        "conference_sid": CONFERENCE,
        "date_created": "Tue, 14 Apr 2026 09:26:42 +0000",
        "date_updated": "Tue, 14 Apr 2026 09:26:42 +0000",
        "end_conference_on_exit": False,
        "muted": False,
        "hold": False,
        "status": "connected",
        "start_conference_on_enter": True,
        "coaching": False,
        "call_sid_to_coach": None,
        "queue_time": None,
        "uri": f"{BASE}/Conferences/{CONFERENCE}/Participants/{call_sid}.json",
    } | changes


def conference(sid: str = CONFERENCE, /, **changes: object) -> dict[str, object]:
    return {
        "account_sid": ACCOUNT,
        "api_version": "2010-04-01",
        "date_created": "Tue, 14 Apr 2026 09:26:42 +0000",
        "date_updated": "Tue, 14 Apr 2026 09:26:58 +0000",
        "friendly_name": "standup",
        "region": "us1",
        "sid": sid,
        "status": "in-progress",
        "subresource_uris": {},
        "uri": f"{BASE}/Conferences/{sid}.json",
        "reason_conference_ended": None,
        "call_sid_ending_conference": None,
    } | changes


def call(sid: str = ANN, /, **changes: object) -> dict[str, object]:
    return {
        "sid": sid,
        "account_sid": ACCOUNT,
        "parent_call_sid": None,
        "status": "busy",
        "direction": "outbound-api",
        "from": "+15017122661",
        "to": "+15558675310",
        "answered_by": None,
        "duration": "0",
        "start_time": "Tue, 14 Apr 2026 09:26:44 +0000",
        "end_time": "Tue, 14 Apr 2026 09:26:49 +0000",
        "date_created": "Tue, 14 Apr 2026 09:26:43 +0000",
        "date_updated": "Tue, 14 Apr 2026 09:26:49 +0000",
        "queue_time": "0",
        "uri": f"{BASE}/Calls/{sid}.json",
    } | changes


def page(
    key: str, *items: dict[str, object], following: str | None = None
) -> dict[str, object]:
    return {
        key: list(items),
        "first_page_uri": f"{BASE}/x.json?PageSize=50&Page=0",
        "next_page_uri": following,
        "previous_page_uri": None,
        "uri": f"{BASE}/x.json?PageSize=50&Page=0",
        "page": 0,
        "page_size": 50,
        "start": 0,
        "end": max(0, len(items) - 1),
    }

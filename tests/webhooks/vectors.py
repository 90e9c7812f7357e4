"""Signatures of known requests, made by others than us."""

from typing import NamedTuple
from urllib.parse import parse_qsl


class Vector(NamedTuple):
    token: str
    url: str
    form: tuple[tuple[str, str], ...]
    signature: str


ACCOUNT_SID = "AC5ef872f6da5a21de157d80997a64bd33"
TOKEN = "12345678901234567890123456789012"
HOOK = "https://roster.example.com/hooks/conference?roster=42"

_ALL = (
    "ConferenceSid=CFbbe4632a3c49700934481addd5ce1659&FriendlyName=standup-42"
    "&AccountSid=AC5ef872f6da5a21de157d80997a64bd33"
    "&Timestamp=Tue%2C+14+Apr+2026+09%3A26%3A58+%2B0000"
)
_LEG = "&Muted=false&Hold=false&Coaching=false&EndConferenceOnExit=false&StartConferenceOnEnter=true"

JOIN = (
    f"{_ALL}&SequenceNumber=1&StatusCallbackEvent=participant-join"
    f"&CallSid=CA386025c9bf5d6052a1d1ea42b4d16662{_LEG}&ParticipantLabel=alice"
)
START = f"{_ALL}&SequenceNumber=2&StatusCallbackEvent=conference-start"
LEAVE = (
    f"{_ALL}&SequenceNumber=4&StatusCallbackEvent=participant-leave"
    f"&CallSid=CA42ed11f93dc08b952027ffbc406d0868{_LEG}&ParticipantLabel=carol"
    "&ParticipantCallStatus=busy&ReasonParticipantLeft=participant_add_failed"
)
BUSY = (
    "CallSid=CA42ed11f93dc08b952027ffbc406d0868"
    "&AccountSid=AC5ef872f6da5a21de157d80997a64bd33&From=%2B15017122661"
    "&To=%2B15558675310&CallStatus=busy&ApiVersion=2010-04-01"
    "&Direction=outbound-api&Duration=0&CallDuration=0&SipResponseCode=486"
    "&Timestamp=Tue%2C+14+Apr+2026+09%3A26%3A49+%2B0000"
    "&CallbackSource=call-progress-events&SequenceNumber=3"
)


def pairs(body: str) -> tuple[tuple[str, str], ...]:
    return tuple(parse_qsl(body, keep_blank_values=True))


FORMS = (
    Vector(TOKEN, HOOK, pairs(JOIN), "4E0WPbNado0no/8IqUDJ7tG5iL8="),
    Vector(TOKEN, HOOK, pairs(START), "tEiB4idl0f1sLtV2Jvco25l6jfQ="),
    Vector(TOKEN, HOOK, pairs(LEAVE), "NkOzeq0Vg2o9o3OWQOJGcfXFRD8="),
    Vector(
        "12345",
        "https://mycompany.com/myapp.php?foo=1&bar=2",
        (
            ("CallSid", "CA1234567890ABCDE"),
            ("Digits", "1234"),
            ("From", "+14158675309"),
            ("To", "+18005551212"),
            ("Caller", "+14158675309"),
        ),
        "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
    ),
)

JSON_URL = f"{HOOK}&bodySHA256=9deb03778ce6ca46060ad6ed605491ca185d89d8979eca334e11c55ac60e11d8"
JSON_BODY = b'{"specversion":"1.0"}'
JSON_SIGNATURE = "iu15JQB6SUVfplrhchXabKN+EFQ="

#!/usr/bin/env bash
# Guess: Azure's Call Automation repeats a POST after 503 where the request has a Repeatability-Request-ID, one and the same, so that the service can
#        drop the repetition, as create_call and add_participant have; a POST without one is sent once.
# Seen:  each POST is sent four times after 500, 503, or 504, as the pipeline looks at the status alone. To play a text, to ask for a digit, and to
#        hold have no such header: an announcement that began although the answer was 503 is heard four times. After 502 and 429 it is sent once.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
pins="azure-communication-callautomation==1.6.0 azure-core==1.41.0 requests==2.34.2"
python3 -m venv "$folder/venv"
# shellcheck disable=SC2086
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check $pins
echo "version: $pins"
echo "guess: a number in each line that is above 1 has an identifier."
seen=$("$folder/venv/bin/python" - <<'PY'
import base64

import requests
from azure.communication.callautomation import CallAutomationClient, PhoneNumberIdentifier, TextSource
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.transport import RequestsTransport, RequestsTransportResponse

KEY = base64.b64encode(32 * b"k").decode()
ANN = PhoneNumberIdentifier("+12025550101")
OWN = PhoneNumberIdentifier("+12025550100")
TEXT = TextSource(text="Hello", voice_name="en-US-NancyNeural")


class Service(RequestsTransport):
    """Answers each request with one status, and keeps the identifier that it had."""

    status = 503

    def __init__(self) -> None:
        super().__init__()
        self.identifiers: list[str | None] = []

    def send(self, request, **_):
        self.identifiers.append(request.headers.get("Repeatability-Request-ID"))
        answer = requests.Response()
        answer.status_code, answer.reason, answer._content = self.status, "", b"{}"
        answer.headers["Content-Type"] = "application/json"
        return RequestsTransportResponse(request, answer)


service = Service()
client = CallAutomationClient("https://example.com", AzureKeyCredential(KEY), transport=service, retry_backoff_factor=0)
call = client.get_call_connection("call")


def create() -> None:
    client.create_call(ANN, "https://example.com/events", source_caller_id_number=OWN)


def show(name: str, action) -> None:
    service.identifiers.clear()
    try:
        action()
    except HttpResponseError:
        pass
    kinds = set(service.identifiers)
    print(f"{name}: {len(service.identifiers)}, {'no identifier' if kinds == {None} else f'{len(kinds)} identifier'}")


show("create_call", create)
show("add_participant", lambda: call.add_participant(ANN, source_caller_id_number=OWN))
show("hang_up", lambda: call.hang_up(True))
show("play_media_to_all", lambda: call.play_media_to_all([TEXT]))
show("start_recognizing_media", lambda: call.start_recognizing_media("dtmf", ANN, dtmf_max_tones_to_collect=1, play_prompt=TEXT))
show("hold", lambda: call.hold(ANN))
show("mute_participant", lambda: call.mute_participant(ANN))
for status in (500, 504, 502, 429):
    service.status = status
    show(f"play_media_to_all, {status}", lambda: call.play_media_to_all([TEXT]))
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
create_call: 4, 1 identifier
add_participant: 4, 1 identifier
hang_up: 4, 1 identifier
play_media_to_all: 4, no identifier
start_recognizing_media: 4, no identifier
hold: 4, no identifier
mute_participant: 4, 1 identifier
play_media_to_all, 500: 4, no identifier
play_media_to_all, 504: 4, no identifier
play_media_to_all, 502: 1, no identifier
play_media_to_all, 429: 1, no identifier
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

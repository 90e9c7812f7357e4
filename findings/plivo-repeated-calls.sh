#!/usr/bin/env bash
# Guess: calls.create() of Plivo's SDK sends one POST, and raises an error if the answer is 500 or 503, as its other requests do: the call may have been
#        placed, and no option asks for a repetition.
# Seen:  the POST is sent three times without a pause, and conference commands too, such as a member's Speak; a message is sent once. After
#        calls that failed a client object sends once, as its count is not set back, until a request of any kind works. No option turns it off.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check plivo==4.63.0 requests==2.34.2
echo "version: plivo==4.63.0"
echo "guess: 1 for each."
seen=$("$folder/venv/bin/python" - <<'PY'
import contextlib
import io

import plivo
from plivo.exceptions import PlivoRestError
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter

ACCOUNT = "MA" + 18 * "X"


class Service(BaseAdapter):
    """Answers each request with one status, and keeps what was asked."""

    status = 503

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[str] = []

    def send(self, request: PreparedRequest, **_: object) -> Response:
        self.requests.append(f"{request.method} {request.path_url.partition(f'{ACCOUNT}/')[2]}")
        response = Response()
        response.status_code = self.status
        response._content = b"{}"
        response.url, response.request = request.url, request
        return response

    def close(self) -> None:
        pass


def client() -> tuple[plivo.RestClient, Service]:
    service = Service()
    rest = plivo.RestClient(ACCOUNT, "token")
    rest.session.mount("https://", service)
    return rest, service


def show(name: str, service: Service, action) -> None:
    service.requests.clear()
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            action()
        except PlivoRestError:
            pass
    print(f"{name}: {len(service.requests)} times {service.requests[0]}")


def dial(rest: plivo.RestClient) -> None:
    rest.calls.create(from_="12025550100", to_="12025550101", answer_url="https://example.com/answer")


rest, service = client()
show("a call", service, lambda: dial(rest))
show("the next call", service, lambda: dial(rest))
service.status = 200
show("numbers, which work", service, lambda: rest.numbers.list())
service.status = 503
show("a call after that", service, lambda: dial(rest))
rest, service = client()
show("a conference", service, lambda: rest.conferences.member_speak("room", "7", text="Hello"))
rest, service = client()
show("a message", service, lambda: rest.messages.create(src="12025550100", dst="12025550101", text="Hello"))
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
a call: 3 times POST Call/
the next call: 1 times POST Call/
numbers, which work: 1 times GET Number/?limit=20&offset=0
a call after that: 3 times POST Call/
a conference: 3 times POST Conference/room/Member/7/Speak/
a message: 1 times POST Message/
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

#!/usr/bin/env bash
# Guess: TWILIO_REGION and TWILIO_EDGE choose among hosts of the service; the address of an own server, set as base_url, is used as it is.
# Seen:  region and edge are put into any host: localhost:8080 becomes localhost:8080.dublin.ie1.localhost:8080, 127.0.0.1 becomes 127.dublin.ie1.0.1.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check twilio==9.13.0
echo "version: twilio==9.13.0"
echo "guess: a request goes to the host in base_url, with or without a region."
seen=$("$folder/venv/bin/python" - <<'PY'
from urllib.parse import urlsplit

from twilio.http.response import Response
from twilio.rest import Client


class Hosts:
    def request(self, _method, url, *_, **__):
        print(urlsplit(url).netloc)
        return Response(200, '{"conferences": []}')


for environment in ({}, {"TWILIO_REGION": "ie1", "TWILIO_EDGE": "dublin"}):
    print(environment)
    client = Client("AC" + "0" * 32, "token", http_client=Hosts(), environment=environment)
    for own in ("http://localhost:8080", "http://127.0.0.1:8080", "http://twilio.test.example.com"):
        client.api.base_url = own
        client.conferences.page()
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
{}
localhost:8080
127.0.0.1:8080
twilio.test.example.com
{'TWILIO_REGION': 'ie1', 'TWILIO_EDGE': 'dublin'}
localhost:8080.dublin.ie1.localhost:8080
127.dublin.ie1.0.1:8080
twilio.dublin.ie1.example.com
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

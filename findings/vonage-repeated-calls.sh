#!/usr/bin/env bash
# Guess: Vonage's SDK for Python dials with one POST; if the connection ends without an answer it raises an error, as requests does, on which it
#        is built, and whose limit of three retries it sets for connections alone.
# Seen:  the POST is sent ten times, one after the other without a pause, as many as the pool has connections: a service that takes the call and is
#        then cut off rings the phone ten times. max_retries=0 does not stop it; pool_maxsize=1 does. An answer of 503 is raised at once.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
pins="vonage==4.9.1 vonage-http-client==1.5.2 vonage-voice==1.5.1 trustme==1.2.1 requests==2.34.2"
python3 -m venv venv
# shellcheck disable=SC2086
venv/bin/python -m pip install --quiet --disable-pip-version-check $pins
echo "version: $pins"
echo "guess: 1, 1, 1, 1 (503)."
seen=$(venv/bin/python -W ignore - <<'PY'
import os
import socket
import ssl
import threading

import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

authority = trustme.CA()
authority.cert_pem.write_to_path("authority.pem")
os.environ["REQUESTS_CA_BUNDLE"] = os.path.abspath("authority.pem")

from vonage import Auth, HttpClientOptions, Vonage
from vonage_voice import CreateCallRequest, Talk, ToPhone

key = rsa.generate_private_key(65537, 2048).private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)
calls: list[str] = []
answer = b""


def serve(server: socket.socket, context: ssl.SSLContext) -> None:
    """Takes each request whole, and closes after the answer, which may be empty."""
    while True:
        connection, _ = server.accept()
        with context.wrap_socket(connection, server_side=True) as secure, secure.makefile("rb") as lines:
            request = lines.readline().decode()
            length = 0
            while header := lines.readline().strip():
                name, value = header.decode().lower().split(":", 1)
                length = int(value) if name == "content-length" else length
            lines.read(length)
            calls.append(request.split(" HTTP")[0])
            secure.sendall(answer)


def dial(name: str, **options: int) -> None:
    calls.clear()
    client = Vonage(
        Auth(application_id="application", private_key=key.decode()),
        HttpClientOptions(api_host=f"127.0.0.1:{server.getsockname()[1]}", **options),
    )
    request = CreateCallRequest(
        to=[ToPhone(number="12025550101")], random_from_number=True, ncco=[Talk(text="Hello")]
    )
    try:
        client.voice.create_call(request)
    except Exception as error:
        print(f"{name}: {len(calls)} times {calls[0]}, {type(error).__name__}")


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
authority.issue_cert("127.0.0.1").configure_cert(context)
server = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve, args=(server, context), daemon=True).start()
dial("no answer")
dial("no answer, max_retries=0", max_retries=0)
dial("no answer, pool_maxsize=1", pool_maxsize=1)
answer = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
dial("503")
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
no answer: 10 times POST /v1/calls, ConnectionError
no answer, max_retries=0: 10 times POST /v1/calls, ConnectionError
no answer, pool_maxsize=1: 1 times POST /v1/calls, ConnectionError
503: 1 times POST /v1/calls, HttpRequestError
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

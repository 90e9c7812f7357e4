#!/usr/bin/env bash
# Guess: a PUT or DELETE that is answered with 301 or 302 is sent to the new address as it is, by each client that follows: RFC 9110 lets a
#        client change the method after these for POST alone.
# Seen:  requests sends the PUT on without its body after 301, so what is stored there is empty, and reads the address after 302, as httpx
#        and httpx2 do; Go reads it after both. The answer is 200 and nothing is written or deleted. urllib3, aiohttp, and fetch do as guessed.
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
pins="requests==2.34.2 urllib3==2.8.0 httpx==0.28.1 httpx2==2.16.2 aiohttp==3.14.5"
python3 -m venv venv
# shellcheck disable=SC2086
venv/bin/python -m pip install --quiet --disable-pip-version-check $pins
npm install --silent --no-fund --no-audit undici@7.30.2
cat >client.mjs <<'JS'
import { fetch } from "undici";
const [, , method, address] = process.argv;
console.log((await fetch(address, { method, body: "muted" })).status);
JS
cat >go.mod <<'MOD'
module finding

go 1.26
MOD
cat >client.go <<'GO'
package main

import (
	"fmt"
	"net/http"
	"os"
	"strings"
)

func main() {
	request, err := http.NewRequest(os.Args[1], os.Args[2], strings.NewReader("muted"))
	if err != nil {
		panic(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		panic(err)
	}
	fmt.Println(answer.StatusCode)
}
GO
go build -o client client.go
echo "version: $pins undici@7.30.2, $(go env GOVERSION)"
echo "guess: PUT with 5 bytes or DELETE with 5 bytes, as sent, for each."
seen=$(venv/bin/python - <<'PY'
import asyncio
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import aiohttp
import httpx
import httpx2
import requests
import urllib3

taken: list[str] = []


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        size = len(self.rfile.read(int(self.headers["Content-Length"] or 0)))
        status = self.path.removeprefix("/from/")
        if status.isdecimal():
            self.send_response(int(status))
            self.send_header("Location", "/to")
        else:
            taken.append(f"{self.command} with {size} bytes")
            self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_PUT = do_DELETE = answer

    def log_message(self, *_: object) -> None:
        pass


async def with_aiohttp(method: str, address: str) -> int:
    async with aiohttp.ClientSession() as session, session.request(method, address, data=b"muted") as answer:
        return answer.status


def with_program(*command: str) -> int:
    return int(subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout)


CLIENTS = {
    "requests": lambda method, address: requests.request(method, address, data=b"muted").status_code,
    "urllib3": lambda method, address: urllib3.request(method, address, body=b"muted").status,
    "httpx": lambda method, address: httpx.request(method, address, content=b"muted", follow_redirects=True).status_code,
    "httpx2": lambda method, address: httpx2.request(method, address, content=b"muted", follow_redirects=True).status_code,
    "aiohttp": lambda method, address: asyncio.run(with_aiohttp(method, address)),
    "fetch": lambda method, address: with_program("node", "client.mjs", method, address),
    "Go": lambda method, address: with_program("./client", method, address),
}

with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for method in ("PUT", "DELETE"):
        for status in (301, 302):
            for name, client in CLIENTS.items():
                taken.clear()
                result = client(method, f"http://127.0.0.1:{server.server_port}/from/{status}")
                print(f"{method} {status} {name}: {', '.join(taken)}, {result}")
    server.shutdown()
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
PUT 301 requests: PUT with 0 bytes, 200
PUT 301 urllib3: PUT with 5 bytes, 200
PUT 301 httpx: PUT with 5 bytes, 200
PUT 301 httpx2: PUT with 5 bytes, 200
PUT 301 aiohttp: PUT with 5 bytes, 200
PUT 301 fetch: PUT with 5 bytes, 200
PUT 301 Go: GET with 0 bytes, 200
PUT 302 requests: GET with 0 bytes, 200
PUT 302 urllib3: PUT with 5 bytes, 200
PUT 302 httpx: GET with 0 bytes, 200
PUT 302 httpx2: GET with 0 bytes, 200
PUT 302 aiohttp: PUT with 5 bytes, 200
PUT 302 fetch: PUT with 5 bytes, 200
PUT 302 Go: GET with 0 bytes, 200
DELETE 301 requests: DELETE with 0 bytes, 200
DELETE 301 urllib3: DELETE with 5 bytes, 200
DELETE 301 httpx: DELETE with 5 bytes, 200
DELETE 301 httpx2: DELETE with 5 bytes, 200
DELETE 301 aiohttp: DELETE with 5 bytes, 200
DELETE 301 fetch: DELETE with 5 bytes, 200
DELETE 301 Go: GET with 0 bytes, 200
DELETE 302 requests: GET with 0 bytes, 200
DELETE 302 urllib3: DELETE with 5 bytes, 200
DELETE 302 httpx: GET with 0 bytes, 200
DELETE 302 httpx2: GET with 0 bytes, 200
DELETE 302 aiohttp: DELETE with 5 bytes, 200
DELETE 302 fetch: DELETE with 5 bytes, 200
DELETE 302 Go: GET with 0 bytes, 200
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

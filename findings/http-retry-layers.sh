#!/usr/bin/env bash
# Guess: a layer of retries for an HTTP client, used as it comes, repeats a GET after 503 and spares a POST, which is not idempotent: the server may have
#        done the work.
# Seen:  aiohttp-retry sends the POST three times, go-retryablehttp five times, each as often as a GET: neither looks at the method. httpx-retries,
#        got, axios-retry, and undici's RetryAgent send it once. For a call or a payment the choice of the layer is a decision about repeating it.
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
pins="aiohttp==3.14.5 aiohttp-retry==2.9.1 httpx==0.28.1 httpx-retries==0.6.0"
node_pins="got@14.6.6 axios@1.21.1 axios-retry@4.5.0 undici@7.30.2"
python3 -m venv venv
# shellcheck disable=SC2086
venv/bin/python -m pip install --quiet --disable-pip-version-check $pins
# shellcheck disable=SC2086
npm install --silent --no-fund --no-audit $node_pins
cat >client.mjs <<'JS'
import axios from "axios";
import axiosRetry from "axios-retry";
import got from "got";
import { Agent, RetryAgent, request } from "undici";
const [, , name, method, url] = process.argv;
const body = method === "POST" ? "dial" : undefined;
const retrying = axios.create();
axiosRetry(retrying);
const clients = {
  got: () => got(url, { method, body, retry: { backoffLimit: 10 } }),
  "axios-retry": () => retrying.request({ method, url, data: body }),
  undici: () => request(url, { method, body, dispatcher: new RetryAgent(new Agent(), { minTimeout: 1, maxTimeout: 10 }) }),
};
await clients[name]().catch(() => {});
process.exit();
JS
cat >go.mod <<'MOD'
module finding

go 1.26

require github.com/hashicorp/go-retryablehttp v0.7.8
MOD
cat >client.go <<'GO'
package main

import (
	"os"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

func main() {
	client := retryablehttp.NewClient()
	client.Logger = nil
	client.RetryWaitMin, client.RetryWaitMax = time.Millisecond, 10*time.Millisecond
	request, err := retryablehttp.NewRequest(os.Args[1], os.Args[2], strings.NewReader("dial"))
	if err != nil {
		panic(err)
	}
	_, _ = client.Do(request)
}
GO
export GOFLAGS=-mod=mod GOPATH="$folder/go"
go build -o client client.go 2>go.log || { cat go.log >&2; exit 1; }
echo "version: $pins $node_pins github.com/hashicorp/go-retryablehttp v0.7.8"
echo "guess: several for each GET, 1 for each POST."
seen=$(venv/bin/python - <<'PY'
import asyncio
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import aiohttp
import httpx
from aiohttp_retry import ExponentialRetry, RetryClient
from httpx_retries import Retry, RetryTransport

taken: list[str] = []


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        taken.append(self.command)
        self.send_response(503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = answer

    def log_message(self, *_: object) -> None:
        pass


async def with_aiohttp(method: str, address: str) -> None:
    async with RetryClient(retry_options=ExponentialRetry(start_timeout=0.01)) as client:
        async with client.request(method, address, data=b"dial" if method == "POST" else None) as answer:
            await answer.read()


def with_httpx(method: str, address: str) -> None:
    with httpx.Client(transport=RetryTransport(retry=Retry(backoff_factor=0.01))) as client:
        client.request(method, address, content=b"dial" if method == "POST" else None)


def program(*command: str):
    return lambda method, address: subprocess.run([*command, method, address], check=True, timeout=60)


CLIENTS = {
    "aiohttp-retry": lambda method, address: asyncio.run(with_aiohttp(method, address)),
    "go-retryablehttp": program("./client"),
    "httpx-retries": with_httpx,
    "got": program("node", "client.mjs", "got"),
    "axios-retry": program("node", "client.mjs", "axios-retry"),
    "undici": program("node", "client.mjs", "undici"),
}

with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name, client in CLIENTS.items():
        counts = []
        for method in ("GET", "POST"):
            taken.clear()
            client(method, f"http://127.0.0.1:{server.server_port}/")
            counts.append(f"{method} {len(taken)}")
        print(f"{name}:", *counts)
    server.shutdown()
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
aiohttp-retry: GET 3 POST 3
go-retryablehttp: GET 5 POST 5
httpx-retries: GET 11 POST 1
got: GET 3 POST 1
axios-retry: GET 4 POST 1
undici: GET 6 POST 1
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

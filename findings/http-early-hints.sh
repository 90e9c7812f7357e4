#!/usr/bin/env bash
# Guess: an answer of 103 Early Hints that comes before the final 200 is passed over by an HTTP client, as RFC 9110 requires of each.
# Seen:  requests and urllib3 give 103 with an empty body as the answer, and urllib.request raises it as an error, for the reader of
#        http.client passes over 100 only. The 200 is never read. httpx, aiohttp, Node's fetch, and Go pass over 103.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check requests==2.34.2 urllib3==2.8.0 httpx==0.28.1 aiohttp==3.14.5
npm install --silent --no-fund --no-audit node@22.23.3
cat >get.go <<'GO'
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
)

func main() {
	answer, err := http.Get(os.Args[1])
	if err != nil {
		panic(err)
	}
	body, _ := io.ReadAll(answer.Body)
	fmt.Printf("Go: %d %s\n", answer.StatusCode, body)
}
GO
go build -o get get.go
echo "version: requests==2.34.2 urllib3==2.8.0 httpx==0.28.1 aiohttp==3.14.5 node@22.23.3"
echo "guess: each gives 200 and the body."
seen=$(venv/bin/python - <<'PY'
import asyncio
import socketserver
import subprocess
import sys
import threading
import urllib.error
import urllib.request

import aiohttp
import httpx
import requests
import urllib3

HINT = b"HTTP/1.1 103 Early Hints\r\nLink: </page.css>; rel=preload\r\n\r\n"
FINAL = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody"


class Hints(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        while self.rfile.readline().strip():
            pass
        self.wfile.write(HINT + FINAL)


def opened(url: str) -> str:
    try:
        return urllib.request.urlopen(url).read().decode()
    except urllib.error.HTTPError as error:
        return f"error {error.code}"


async def fetched(url: str) -> str:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return f"{answer.status} {await answer.text()}"


with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Hints) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}/"
    answer = requests.get(url)
    print("requests:", answer.status_code, answer.text)
    answer = urllib3.request("GET", url)
    print("urllib3:", answer.status, answer.data.decode())
    print("urllib.request:", opened(url))
    answer = httpx.get(url)
    print("httpx:", answer.status_code, answer.text)
    print("aiohttp:", asyncio.run(fetched(url)))
    sys.stdout.flush()
    script = f"fetch('{url}').then(async (answer) => console.log('fetch:', answer.status, await answer.text()))"
    subprocess.run(["node_modules/.bin/node", "-e", script], check=True)
    subprocess.run(["./get", url], check=True)
    server.shutdown()
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
requests: 103 
urllib3: 103 
urllib.request: error 103
httpx: 200 body
aiohttp: 200 body
fetch: 200 body
Go: 200 body
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

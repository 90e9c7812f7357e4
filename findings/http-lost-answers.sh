#!/usr/bin/env bash
# Guess: a client that has sent a request on a kept connection, and finds it closed in place of an answer, raises an error for PUT, DELETE, and
#        POST, as the server may have done the work; a header of the application's, such as Idempotency-Key, does not change that.
# Seen:  aiohttp sends PUT and DELETE again and gives the second answer, so a DELETE that worked is a 404. Go sends a POST again if it has an
#        Idempotency-Key, also to a server that does not know the header. requests, httpx, httpx2, and undici send once.
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
pins="aiohttp==3.14.5 httpx==0.28.1 httpx2==2.16.2 requests==2.34.2"
python3 -m venv venv
# shellcheck disable=SC2086
venv/bin/python -m pip install --quiet --disable-pip-version-check $pins
npm install --silent --no-fund --no-audit undici@7.30.2
cat >go.mod <<'MOD'
module finding

go 1.26
MOD
cat >client.go <<'GO'
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

func send(client *http.Client, method, address, key string) string {
	request, err := http.NewRequest(method, address, strings.NewReader("muted"))
	if err != nil {
		panic(err)
	}
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	answer, err := client.Do(request)
	if err != nil {
		return "error"
	}
	defer answer.Body.Close()
	if _, err := io.ReadAll(answer.Body); err != nil {
		panic(err)
	}
	return answer.Status[:3]
}

func main() {
	key := ""
	if strings.HasSuffix(os.Args[3], "key") {
		key = "one"
	}
	client := &http.Client{}
	send(client, "POST", os.Args[1]+"/first", "")
	fmt.Println(send(client, os.Args[2], os.Args[1]+"/second", key))
}
GO
go build -o client client.go
cat >client.mjs <<'JS'
import { Pool } from "undici";
const [, , base, method, kind] = process.argv;
const headers = kind.endsWith("key") ? { "Idempotency-Key": "one" } : {};
const pool = new Pool(base, { connections: 1 });
const first = await pool.request({ path: "/first", method: "POST", body: "muted" });
await first.body.text();
try {
  console.log((await pool.request({ path: "/second", method, headers, body: "muted" })).statusCode);
} catch {
  console.log("error");
}
await pool.destroy();
JS
echo "version: $pins undici@7.30.2, $(go env GOVERSION)"
echo "guess: sent once, with an error, for each."
seen=$(venv/bin/python - <<'PY'
import asyncio
import socket
import subprocess
import threading

import aiohttp
import httpx
import httpx2
import requests

CASES = [("PUT", "plain"), ("DELETE", "plain"), ("POST", "plain"), ("POST", "with a key")]
taken: list[str] = []


def serve(connection: socket.socket) -> None:
    """Answers the first request of a connection, reads the second one whole, and closes. An answer to a repeated one is 200."""
    with connection, connection.makefile("rb") as lines:
        first = True
        while request := lines.readline():
            length = 0
            while header := lines.readline().strip():
                name, value = header.decode().lower().split(":", 1)
                length = int(value) if name == "content-length" else length
            lines.read(length)
            if b"/second" in request:
                taken.append(request.decode())
                if not first:
                    connection.shutdown(socket.SHUT_RDWR)
                    return
            first = False
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


def listen(server: socket.socket) -> None:
    while True:
        threading.Thread(target=serve, args=server.accept()[:1], daemon=True).start()


def with_requests(method: str, headers: dict) -> object:
    with requests.Session() as session:
        session.post(f"{base}/first", data="muted")
        try:
            return session.request(method, f"{base}/second", data="muted", headers=headers).status_code
        except requests.ConnectionError:
            return "error"


def with_httpx(library, method: str, headers: dict) -> object:
    with library.Client() as client:
        client.post(f"{base}/first", content="muted")
        try:
            return client.request(method, f"{base}/second", content="muted", headers=headers).status_code
        except library.RemoteProtocolError:
            return "error"


async def with_aiohttp(method: str, headers: dict) -> object:
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{base}/first", data="muted") as answer:
            await answer.read()
        try:
            async with session.request(method, f"{base}/second", data="muted", headers=headers) as answer:
                return answer.status
        except aiohttp.ServerDisconnectedError:
            return "error"


def with_program(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.strip()


server = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=listen, args=(server,), daemon=True).start()
base = f"http://127.0.0.1:{server.getsockname()[1]}"
CLIENTS = {
    "requests": lambda method, kind, headers: with_requests(method, headers),
    "httpx": lambda method, kind, headers: with_httpx(httpx, method, headers),
    "httpx2": lambda method, kind, headers: with_httpx(httpx2, method, headers),
    "aiohttp": lambda method, kind, headers: asyncio.run(with_aiohttp(method, headers)),
    "undici": lambda method, kind, headers: with_program("node", "client.mjs", base, method, kind),
    "Go": lambda method, kind, headers: with_program("./client", base, method, kind),
}
for name, client in CLIENTS.items():
    for method, kind in CASES:
        taken.clear()
        result = client(method, kind, {"Idempotency-Key": "one"} if kind == "with a key" else {})
        print(f"{name}, {method} {kind}: {result}, sent {len(taken)}")
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
requests, PUT plain: error, sent 1
requests, DELETE plain: error, sent 1
requests, POST plain: error, sent 1
requests, POST with a key: error, sent 1
httpx, PUT plain: error, sent 1
httpx, DELETE plain: error, sent 1
httpx, POST plain: error, sent 1
httpx, POST with a key: error, sent 1
httpx2, PUT plain: error, sent 1
httpx2, DELETE plain: error, sent 1
httpx2, POST plain: error, sent 1
httpx2, POST with a key: error, sent 1
aiohttp, PUT plain: 200, sent 2
aiohttp, DELETE plain: 200, sent 2
aiohttp, POST plain: error, sent 1
aiohttp, POST with a key: error, sent 1
undici, PUT plain: error, sent 1
undici, DELETE plain: error, sent 1
undici, POST plain: error, sent 1
undici, POST with a key: error, sent 1
Go, PUT plain: error, sent 1
Go, DELETE plain: error, sent 1
Go, POST plain: error, sent 1
Go, POST with a key: 200, sent 2
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

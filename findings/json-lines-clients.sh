#!/usr/bin/env bash
# Guess: an answer of JSON lines, read by the client's own iterator of lines, gives one JSON text a line: the format ends lines with a line feed, and
#        a JSON text has none inside.
# Seen:  httpx and httpx2 also end a line at U+2028, U+2029, and U+0085, which may stand in a JSON text as they are, so that "two<U+2028>lines" becomes
#        two pieces that are no JSON; requests does so with decode_unicode. aiohttp, requests with bytes, Node's readline, and Go do not.
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
pins="httpx==0.28.1 httpx2==2.16.2 requests==2.34.2 aiohttp==3.14.5"
python3 -m venv venv
# shellcheck disable=SC2086
venv/bin/python -m pip install --quiet --disable-pip-version-check $pins
cat >lines.mjs <<'JS'
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
const answer = await fetch(process.argv[2]);
let lines = 0;
let texts = 0;
for await (const line of createInterface({ input: Readable.fromWeb(answer.body) })) {
  lines += 1;
  try {
    JSON.parse(line);
    texts += 1;
  } catch {}
}
console.log(lines, texts);
JS
cat >go.mod <<'MOD'
module finding

go 1.26
MOD
cat >lines.go <<'GO'
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
)

func main() {
	answer, err := http.Get(os.Args[1])
	if err != nil {
		panic(err)
	}
	lines, texts := 0, 0
	for scanner := bufio.NewScanner(answer.Body); scanner.Scan(); {
		lines++
		if json.Valid(scanner.Bytes()) {
			texts++
		}
	}
	fmt.Println(lines, texts)
}
GO
go build -o lines lines.go
echo "version: $pins, $(go env GOVERSION), Node $(node --version)"
echo "guess: 2 lines, 2 of JSON, for each."
seen=$(venv/bin/python - <<'PY'
import asyncio
import json
import subprocess
import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import aiohttp
import httpx
import httpx2
import requests

MARKS = {"a space": " ", "U+2028": "\u2028", "U+2029": "\u2029", "U+0085": "\u0085"}


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        mark = list(MARKS.values())[int(self.path[1:])]
        lines = [json.dumps({"said": f"two{mark}lines"}, ensure_ascii=False), json.dumps({"said": "end"})]
        self.send_response(200)
        self.send_header("Content-Type", "application/jsonl; charset=utf-8")
        self.end_headers()
        self.wfile.write("".join(f"{line}\n" for line in lines).encode())

    def log_message(self, *_: object) -> None:
        pass


def count(lines: Iterable[str | bytes]) -> str:
    kept = list(lines)
    texts = 0
    for line in kept:
        try:
            json.loads(line)
            texts += 1
        except ValueError:
            pass
    return f"{len(kept)} {texts}"


async def with_aiohttp(address: str) -> str:
    async with aiohttp.ClientSession() as session, session.get(address) as answer:
        return count([line async for line in answer.content])


def program(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.strip()


CLIENTS = {
    "httpx": lambda address: count(httpx.get(address).iter_lines()),
    "httpx2": lambda address: count(httpx2.get(address).iter_lines()),
    "requests": lambda address: count(requests.get(address, stream=True, timeout=10).iter_lines()),
    "requests, decode_unicode": lambda address: count(requests.get(address, stream=True, timeout=10).iter_lines(decode_unicode=True)),
    "aiohttp": lambda address: asyncio.run(with_aiohttp(address)),
    "Node's readline": lambda address: program("node", "lines.mjs", address),
    "Go's Scanner": lambda address: program("./lines", address),
}

with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name, client in CLIENTS.items():
        results = (f"{mark} {client(f'http://127.0.0.1:{server.server_port}/{number}')}" for number, mark in enumerate(MARKS))
        print(f"{name}:", ", ".join(results))
    server.shutdown()
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
httpx: a space 2 2, U+2028 3 1, U+2029 3 1, U+0085 3 1
httpx2: a space 2 2, U+2028 3 1, U+2029 3 1, U+0085 3 1
requests: a space 2 2, U+2028 2 2, U+2029 2 2, U+0085 2 2
requests, decode_unicode: a space 2 2, U+2028 3 1, U+2029 3 1, U+0085 3 1
aiohttp: a space 2 2, U+2028 2 2, U+2029 2 2, U+0085 2 2
Node's readline: a space 2 2, U+2028 2 2, U+2029 2 2, U+0085 2 2
Go's Scanner: a space 2 2, U+2028 2 2, U+2029 2 2, U+0085 2 2
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

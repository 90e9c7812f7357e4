#!/usr/bin/env bash
# Guess: G.711, the sound of telephone calls and of media streams, is a table of a standard, so libraries that encode it give the same byte for
#        each of the 65536 samples.
# Seen:  no two of Python's audioop, alawmulaw of JavaScript, and zaf/g711 of Go do for the mu-law: they round a sample between two steps
#        each its own way. For the A-law, JavaScript differs. All three decode alike. A test that compares encoded sound holds for one of them.
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check "audioop-lts==0.2.2; python_version >= '3.13'"
npm install --silent --no-fund --no-audit alawmulaw@6.0.0
cat >go.mod <<'MOD'
module finding

go 1.22

require github.com/zaf/g711 v1.4.0
MOD
cat >finding.go <<'GO'
package main

import (
	"os"

	"github.com/zaf/g711"
)

func main() {
	samples, _ := os.ReadFile("samples")
	codes, _ := os.ReadFile("codes")
	os.WriteFile("mu.go.encoded", g711.EncodeUlaw(samples), 0o644)
	os.WriteFile("a.go.encoded", g711.EncodeAlaw(samples), 0o644)
	os.WriteFile("mu.go.decoded", g711.DecodeUlaw(codes), 0o644)
	os.WriteFile("a.go.decoded", g711.DecodeAlaw(codes), 0o644)
}
GO
cat >encode.mjs <<'JS'
import g711 from "alawmulaw";
import { readFileSync, writeFileSync } from "node:fs";

const samples = new Int16Array(new Uint8Array(readFileSync("samples")).buffer);
const codes = new Uint8Array(readFileSync("codes"));
for (const [name, codec] of [["mu", g711.mulaw], ["a", g711.alaw]]) {
  writeFileSync(`${name}.js.encoded`, codec.encode(samples));
  writeFileSync(`${name}.js.decoded`, new Uint8Array(codec.decode(codes).buffer));
}
JS
cat >compare.py <<'PY'
import audioop
import subprocess
from itertools import combinations
from pathlib import Path
from struct import pack

samples, codes = pack("<65536h", *range(-32768, 32768)), bytes(range(256))
Path("samples").write_bytes(samples)
Path("codes").write_bytes(codes)
subprocess.run(["node", "encode.mjs"], check=True)
subprocess.run(["./finding"], check=True)
for law, encode, decode in (("mu", audioop.lin2ulaw, audioop.ulaw2lin), ("a", audioop.lin2alaw, audioop.alaw2lin)):
    Path(f"{law}.python.encoded").write_bytes(encode(samples, 2))
    Path(f"{law}.python.decoded").write_bytes(decode(codes, 2))
    for one, other in combinations(("python", "js", "go"), 2):
        encoded, decoded = ([Path(f"{law}.{name}.{kind}").read_bytes() for name in (one, other)] for kind in ("encoded", "decoded"))
        print(law, one, other, "differ in", sum(a != b for a, b in zip(*encoded)), "decoded alike", decoded[0] == decoded[1])
PY
export GOFLAGS=-mod=mod GOPATH="$folder/go"
go build -o finding finding.go 2>go.log || { cat go.log >&2; exit 1; }
echo "version: audioop of Python up to 3.12 or audioop-lts==0.2.2, alawmulaw@6.0.0, zaf/g711 v1.4.0"
echo "guess: differ in 0, decoded alike."
seen=$(venv/bin/python -W ignore compare.py)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
mu python js differ in 381 decoded alike True
mu python go differ in 508 decoded alike True
mu js go differ in 127 decoded alike True
a python js differ in 127 decoded alike True
a python go differ in 0 decoded alike True
a js go differ in 127 decoded alike True
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

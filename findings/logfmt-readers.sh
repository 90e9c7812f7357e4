#!/usr/bin/env bash
# Guess: a line of logfmt as Go's go-logfmt writes it, with quotes where they are needed, gives the values that were written in each reader: the text of
#        two lines, the path, the address, the reason that is empty, and false, as text or as a boolean.
# Seen:  Python's logfmt makes one value of the text, the path, and the address, with the names of these two inside, once the text has a line feed; the
#        two readers of JavaScript make "firstnsecond" of it, and drop the backslash of the path. The empty reason is True in Python's logfmt,
#        as that of a name without a value is, and null in JavaScript's. Python's logfmtkv and Go's kr/logfmt give what was written.
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check logfmt==0.4 logfmtkv==0.2.1
npm install --silent --no-fund --no-audit logfmt@1.4.0 @jclem/logfmt2@2.4.3
cat >go.mod <<'MOD'
module finding

go 1.26

require (
	github.com/go-logfmt/logfmt v0.6.1
	github.com/kr/logfmt v0.0.0-20210122060352-19f9bcb100e6
)
MOD
cat >finding.go <<'GO'
package main

import (
	"fmt"
	"os"

	writer "github.com/go-logfmt/logfmt"
	reader "github.com/kr/logfmt"
)

func main() {
	line, err := writer.MarshalKeyvals("text", "first\nsecond", "path", `C:\new`, "url", "/?room=1", "reason", "", "muted", false)
	if err != nil {
		panic(err)
	}
	os.WriteFile("line", append(line, '\n'), 0o600)
	fmt.Printf("line: %s\nGo kr:", line)
	show := func(key, value []byte) error {
		_, err := fmt.Printf(" %s=%q", key, value)
		return err
	}
	if err := reader.Unmarshal(line, reader.HandlerFunc(show)); err != nil {
		panic(err)
	}
	fmt.Println()
}
GO
cat >read.py <<'PY'
import json

import logfmt
import logfmtkv

line = open("line").read()
print("Python logfmt:", json.dumps(next(logfmt.parse([line]))))
print("Python logfmtkv:", json.dumps(logfmtkv.parse(line)))
PY
cat >read.mjs <<'JS'
import logfmt2 from "@jclem/logfmt2";
import logfmt from "logfmt";
import { readFileSync } from "node:fs";
const line = readFileSync("line", "utf8").trim();
console.log("JavaScript logfmt:", JSON.stringify(logfmt.parse(line)));
console.log("JavaScript logfmt2:", JSON.stringify(logfmt2.decode(line)));
JS
export GOFLAGS=-mod=mod GOPATH="$folder/go"
go build -o finding finding.go 2>go.log || { cat go.log >&2; exit 1; }
echo "version: logfmt==0.4 logfmtkv==0.2.1 logfmt@1.4.0 @jclem/logfmt2@2.4.3 github.com/go-logfmt/logfmt v0.6.1 github.com/kr/logfmt 20210122060352"
echo "guess: what was written, in each."
seen=$(
  ./finding
  venv/bin/python read.py
  node read.mjs
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
line: text="first\nsecond" path=C:\new url="/?room=1" reason= muted=false
Go kr: text="first\nsecond" path="C:\\new" url="/?room=1" reason="" muted="false"
Python logfmt: {"text": "firstnsecond\" path=C:new url=\"/?room=1", "reason": true, "muted": "false"}
Python logfmtkv: {"text": "first\nsecond", "path": "C:\\new", "url": "/?room=1", "reason": "", "muted": "false"}
JavaScript logfmt: {"text":"firstnsecond","path":"C:new","url":"/?room=1","reason":null,"muted":false}
JavaScript logfmt2: {"text":"firstnsecond","path":"C:new","url":"/?room=1","reason":"","muted":"false"}
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

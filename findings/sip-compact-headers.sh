#!/usr/bin/env bash
# Guess: a SIP library finds Refer-To when the header comes in its compact form, r, as it finds From for f: RFC 3261 requires both forms of each.
# Seen:  sipmessage does; aiosipua and sipgo know f and t, and not r, so a transfer request has no target.
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check sipmessage==0.7.1 aiosipua==0.7.1
cat >go.mod <<'MOD'
module finding

go 1.22

require github.com/emiago/sipgo v1.7.3
MOD
printf '%s\r\n' "REFER sip:ann@example.com SIP/2.0" "v: SIP/2.0/UDP b.example.com;branch=z9hG4bK1" \
  "f: <sip:bob@example.com>;tag=1" "t: <sip:ann@example.com>;tag=2" "i: call-1" "CSeq: 2 REFER" \
  "m: <sip:bob@b.example.com>" "r: <sip:carol@example.com>" "Max-Forwards: 70" "l: 0" "" >refer.txt
cat >headers.py <<'PY'
import aiosipua
import sipmessage

text = open("refer.txt", "rb").read()
short = sipmessage.Message.parse(text)
print("sipmessage", short.headers.get("From"), short.headers.get("Refer-To"))
other = aiosipua.SipMessage.parse(text)
print("aiosipua", other.get_header("From"), other.get_header("Refer-To"))
PY
cat >headers.go <<'GO'
package main

import (
	"fmt"
	"os"

	"github.com/emiago/sipgo/sip"
)

func main() {
	text, _ := os.ReadFile("refer.txt")
	message, err := sip.NewParser().ParseSIP(text)
	if err != nil {
		panic(err)
	}
	request := message.(*sip.Request)
	fmt.Println("sipgo", request.GetHeader("From").Value(), request.GetHeader("Refer-To"))
}
GO
export GOFLAGS=-mod=mod GOPATH="$folder/go"
go build -o headers headers.go 2>go.log || { cat go.log >&2; exit 1; }
echo "version: sipmessage==0.7.1 aiosipua==0.7.1 github.com/emiago/sipgo v1.7.3"
echo "guess: each has the values of From and of Refer-To."
seen=$(
  venv/bin/python headers.py
  ./headers
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
sipmessage <sip:bob@example.com>;tag=1 <sip:carol@example.com>
aiosipua <sip:bob@example.com>;tag=1 None
sipgo <sip:bob@example.com>;tag=1 <nil>
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

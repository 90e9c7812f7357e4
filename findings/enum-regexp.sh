#!/usr/bin/env bash
# Guess: a DNS library gives the regular expression of a NAPTR record for a phone number (ENUM) as it is on the wire, one backslash each.
# Seen:  miekg/dns gives the zone file's form, with two backslashes, for a record from the wire as well; applied as it is, "\\+1" of the
#        expression no longer matches a plus, and no number is found. dnspython gives the bytes of the wire.
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check dnspython==2.9.2
cat >go.mod <<'MOD'
module finding

go 1.26.8

require github.com/miekg/dns v1.1.73
MOD
cat >write.py <<'PY'
import dns.message
import dns.rrset

ZONE = r'100 10 "u" "E2U+sip" "!^\\+1202(.*)$!sip:\\1@example.com!" .'
answer = dns.message.Message(1)
answer.answer.append(dns.rrset.from_text("1.0.1.0.5.5.5.2.0.2.1.e164.arpa.", 60, "IN", "NAPTR", ZONE))
open("answer.bin", "wb").write(answer.to_wire())
PY
cat >read.py <<'PY'
import re

import dns.message

record = dns.message.from_wire(open("answer.bin", "rb").read()).answer[0][0]
_, pattern, target, _ = record.regexp.decode().split("!")
print("dnspython", record.regexp.decode(), re.sub(pattern, target, "+12025550101"))
PY
cat >read.go <<'GO'
package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/miekg/dns"
)

func main() {
	wire, _ := os.ReadFile("answer.bin")
	message := new(dns.Msg)
	if err := message.Unpack(wire); err != nil {
		panic(err)
	}
	text := message.Answer[0].(*dns.NAPTR).Regexp
	parts := strings.Split(text, "!")
	target := strings.ReplaceAll(parts[2], `\1`, "$1")
	fmt.Println("miekg/dns", text, regexp.MustCompile(parts[1]).ReplaceAllString("+12025550101", target))
}
GO
export GOFLAGS=-mod=mod GOPATH="$folder/go"
go build -o read read.go 2>go.log || { cat go.log >&2; exit 1; }
echo "version: github.com/miekg/dns v1.1.73 dnspython==2.9.2"
echo "guess: both give one backslash each, and sip:5550101@example.com"
seen=$(
  venv/bin/python write.py
  venv/bin/python read.py
  ./read
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
dnspython !^\+1202(.*)$!sip:\1@example.com! sip:5550101@example.com
miekg/dns !^\\+1202(.*)$!sip:\\1@example.com! +12025550101
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

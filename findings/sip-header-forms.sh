#!/usr/bin/env bash
# Guess: a SIP library reads each of these, as RFC 3261 allows them: blanks before the colon of From, a Subject that goes on in the next line, which is the same
#        as in one line, blanks around the slashes of Via, and an IPv6 address in Via. Three have an example in the RFC.
# Seen:  not one of five reads all. sipmessage does not find the From, and refuses the message with the longer Subject; sip and SIP.js give the Subject with the
#        line's end inside. aiosipua has "UDP a.example.com" for the host in Via, and opensip refuses it. sip gives "[2001" for the IPv6 address,
#        and no branch, which is what an answer is matched by.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check sipmessage==0.7.1 aiosipua==0.7.1 opensip==0.2.1
npm install --silent --no-fund --no-audit sip@0.0.6 sip.js@0.21.2
cat >write.py <<'PY'
HEADERS = {
    "Via": "Via: SIP/2.0/UDP a.example.com;branch=z9hG4bK1",
    "From": "From: <sip:ann@example.com>;tag=1",
    "To": "To: <sip:bob@example.com>;tag=2",
    "Contact": "Contact: <sip:bob@b.example.com>",
    "Subject": "Subject: Hello",
}
FORMS = {
    "colon": {"From": "From  : <sip:ann@example.com>;tag=1"},
    "lines": {"Subject": "Subject: Hello,\r\n  Bob"},
    "slashes": {"Via": "Via: SIP / 2.0 / UDP a.example.com;branch=z9hG4bK1"},
    "ipv6": {"Via": "Via: SIP/2.0/UDP [2001:db8::1];branch=z9hG4bK1"},
}
for form, headers in FORMS.items():
    lines = ["SIP/2.0 200 OK", *(HEADERS | headers).values(), "Call-ID: call-1", "CSeq: 1 INVITE", "Content-Length: 0", "", ""]
    with open(f"{form}.txt", "w", newline="") as message:
        message.write("\r\n".join(lines))
PY
cat >read.py <<'PY'
from aiosipua import SipMessage
from opensip.headers import NameAddr, SIPParseError, parse_address_list, parse_via_list
from opensip.message import parse_message
from sipmessage import Message

READERS = {
    "sipmessage": (
        Message.parse,
        {
            "colon": lambda message: message.from_address.uri.user,
            "lines": lambda message: message.headers.get("Subject"),
            "slashes": lambda message: message.via[0].host,
            "ipv6": lambda message: (message.via[0].host, str(message.via[0].parameters)),
        },
    ),
    "aiosipua": (
        SipMessage.parse,
        {
            "colon": lambda message: message.from_addr.uri.user,
            "lines": lambda message: message.get_header("Subject"),
            "slashes": lambda message: message.via[0].host,
            "ipv6": lambda message: (message.via[0].host, message.via[0].params["branch"]),
        },
    ),
    "opensip": (
        parse_message,
        {
            "colon": lambda message: NameAddr.parse(message.headers.get("From")).uri.user,
            "lines": lambda message: message.headers.get("Subject"),
            "slashes": lambda message: parse_via_list(message.headers.get("Via"))[0].host,
            "ipv6": lambda message: [(via.host, via.params["branch"]) for via in parse_via_list(message.headers.get("Via"))],
        },
    ),
}
for name, (parse, forms) in READERS.items():
    for form, value in forms.items():
        try:
            print(f"{name}, {form}:", value(parse(open(f"{form}.txt", "rb").read())))
        except (KeyError, ValueError, SIPParseError) as error:
            print(f"{name}, {form}:", type(error).__name__)
PY
cat >read.mjs <<'JS'
import { readFileSync } from "node:fs";
import sip from "sip";
import { Parser } from "sip.js/lib/core/index.js";
const silent = { debug() {}, log() {}, warn() {}, error() {} };
const readers = {
  sip: [
    sip.parse,
    {
      colon: ({ headers }) => headers.from.uri,
      lines: ({ headers }) => headers.subject,
      slashes: ({ headers }) => headers.via[0].host,
      ipv6: ({ headers }) => [headers.via[0].host, headers.via[0].params.branch],
    },
  ],
  "SIP.js": [
    (text) => Parser.parseMessage(text, silent),
    {
      colon: (message) => message.from.uri.user,
      lines: (message) => message.getHeader("Subject"),
      slashes: (message) => message.via.host,
      ipv6: (message) => [message.via.host, message.viaBranch],
    },
  ],
};
for (const [name, [parse, forms]] of Object.entries(readers))
  for (const [form, value] of Object.entries(forms))
    console.log(`${name}, ${form}: ${JSON.stringify(value(parse(readFileSync(`${form}.txt`, "utf8"))))}`);
JS
venv/bin/python write.py
echo "version: sipmessage==0.7.1 aiosipua==0.7.1 opensip==0.2.1 sip@0.0.6 sip.js@0.21.2"
echo "guess: ann, Hello and Bob in one line, a.example.com, and the address and its branch, in each."
seen=$(
  venv/bin/python read.py
  node read.mjs
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
sipmessage, colon: KeyError
sipmessage, lines: ValueError
sipmessage, slashes: a.example.com
sipmessage, ipv6: ('[2001:db8::1]', ';branch=z9hG4bK1')
aiosipua, colon: ann
aiosipua, lines: Hello, Bob
aiosipua, slashes: UDP a.example.com
aiosipua, ipv6: ('[2001:db8::1]', 'z9hG4bK1')
opensip, colon: ann
opensip, lines: Hello, Bob
opensip, slashes: SIPParseError
opensip, ipv6: [('2001:db8::1', 'z9hG4bK1')]
sip, colon: "sip:ann@example.com"
sip, lines: "Hello,\r\n  Bob"
sip, slashes: "a.example.com"
sip, ipv6: ["[2001",null]
SIP.js, colon: "ann"
SIP.js, lines: "Hello,\r\n  Bob"
SIP.js, slashes: "a.example.com"
SIP.js, ipv6: ["[2001:db8::1]","z9hG4bK1"]
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

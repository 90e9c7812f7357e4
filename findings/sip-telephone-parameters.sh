#!/usr/bin/env bash
# Guess: <sip:5501;phone-context=+1202@gw.example.com;user=phone>, a local number with its context as RFC 3261 writes it, is the same text
#        after SIP.js has read and written it; so is an address with a tel: URI.
# Seen:  SIP.js writes the semicolon and the equals sign as %3B and %3D, which are not the same: the context has become a part of the number.
#        A tel: address it does not read, and aiosipua makes sip:tel:12025550101 of it, without the plus. sipmessage keeps both.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check sipmessage==0.7.1 aiosipua==0.7.1
npm install --silent --no-fund --no-audit sip.js@0.21.2
echo "version: sip.js@0.21.2 sipmessage==0.7.1 aiosipua==0.7.1"
echo "guess: the texts as given."
seen=$(
  node - <<'JS'
const { Grammar } = require("sip.js");
for (const text of ["<sip:5501;phone-context=+1202@gw.example.com;user=phone>", "<tel:+12025550101>"]) {
  const address = Grammar.nameAddrHeaderParse(text);
  console.log("SIP.js", address ? String(address) : "not read");
}
JS
  venv/bin/python - <<'PY'
from aiosipua import parse_address, stringify_address
from sipmessage import Address

for text in ("<sip:5501;phone-context=+1202@gw.example.com;user=phone>", "<tel:+12025550101>"):
    print("sipmessage", Address.parse(text))
    print("aiosipua", stringify_address(parse_address(text)))
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
SIP.js <sip:5501%3Bphone-context%3D+1202@gw.example.com;user=phone>
SIP.js not read
sipmessage <sip:5501;phone-context=+1202@gw.example.com;user=phone>
aiosipua <sip:5501;phone-context=+1202@gw.example.com;user=phone>
sipmessage <tel:+12025550101>
aiosipua <sip:tel:12025550101>
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

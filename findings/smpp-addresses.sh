#!/usr/bin/env bash
# Guess: a text message of plain ASCII, with an address and a price, is the same text after it went from a library of SMPP to another: the protocol has a field that
#        says which characters the bytes are, data_coding, so neither side guesses.
# Seen:  smpp of JavaScript says 1, which is ASCII, and sends the bytes of GSM's own alphabet, in which @, $, and _ have other numbers: aiosmpplib, which goes
#        by the field, reads "ann" and a zero byte. The reverse, ASCII that says so, is "ann¡example.com" to smpp. Letters and digits, and so
#        most tests, are the same in both. data_coding: 0 on the one side and no encoding on the other are right.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check aiosmpplib==0.7.4
npm install --silent --no-fund --no-audit smpp@0.5.1
cat >write.mjs <<'JS'
import smpp from "smpp";
const numbers = { source_addr: "+12025550101", destination_addr: "+12025550102" };
const text = "ann@example.com: $5";
for (const [name, options] of [["its own choice", {}], ["data_coding 0", { data_coding: 0 }]]) {
  const message = new smpp.PDU("deliver_sm", { ...numbers, short_message: text, ...options });
  console.log(`${name}|${message.toBuffer().toString("hex")}`);
}
JS
cat >read.py <<'PY'
from aiosmpplib.protocol import DeliverSm

for line in open("from-javascript"):
    name, text = line.split("|")
    pdu = bytes.fromhex(text)
    message = DeliverSm.from_pdu(pdu, DeliverSm.parse_header(pdu[:16]), default_encoding="gsm0338")
    print(f"JavaScript to Python, {name}: {message.short_message!r}")
PY
cat >write.py <<'PY'
from aiosmpplib.protocol import PhoneNumber, SubmitSm

for name, options in (("its own choice", {}), ("encoding ascii", {"encoding": "ascii"})):
    source, destination = PhoneNumber("+12025550101"), PhoneNumber("+12025550102")
    message = SubmitSm(short_message="ann@example.com: $5", source=source, destination=destination, sequence_num=1, **options)
    message.set_encoding_info("gsm0338", None)
    print(f"{name}|{message.pdu().hex()}")
PY
cat >read.mjs <<'JS'
import { readFileSync } from "node:fs";
import smpp from "smpp";
for (const line of readFileSync("from-python", "utf8").trim().split("\n")) {
  const [name, text] = line.split("|");
  const message = smpp.PDU.fromBuffer(Buffer.from(text, "hex"));
  console.log(`Python to JavaScript, ${name}, data_coding ${message.data_coding}: ${JSON.stringify(message.short_message.message)}`);
}
JS
echo "version: smpp@0.5.1 aiosmpplib==0.7.4"
echo "guess: ann@example.com: \$5 each time."
seen=$(
  node write.mjs >from-javascript
  venv/bin/python write.py >from-python
  venv/bin/python read.py
  node read.mjs
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
JavaScript to Python, its own choice: 'ann\x00example.com: \x025'
JavaScript to Python, data_coding 0: 'ann@example.com: $5'
Python to JavaScript, its own choice, data_coding 0: "ann@example.com: $5"
Python to JavaScript, encoding ascii, data_coding 1: "ann¡example.com: ¤5"
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

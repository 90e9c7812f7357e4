#!/usr/bin/env bash
# Guess: a text message in the form that a modem gives, a PDU, is the same message to each library that reads it: who sent it, when, and what it says. The form
#        is a standard of bits that has been as it is since the nineties.
# Seen:  smspdudecoder gives a sender of seven letters an @ at the end, so SalesAB is SalesAB@. python-gsmmodem-new leaves out the first letter of each
#        part of a long message whose number has two bytes. node-pdu writes the zone of St. John's as -3.5:00, which is no time to a reader of ISO
#        times, and a number without its plus. Other lengths, zones of whole hours, and numbers of one byte are right in all.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check smspdudecoder==2.2.0 bitstring==4.3.1 python-gsmmodem-new==0.13.0
npm install --silent --no-fund --no-audit node-pdu@2.1.1
cat >write.py <<'PY'
"""Messages of 30 November 2026, 10:00, as TS 23.040 and TS 23.038 lay them out."""

HOURS = {0: "00", -5: "0A", -3.5: "49"}


def pack(text: str, skip: int = 0) -> bytes:
    bits = "0" * skip + "".join(f"{ord(letter):07b}"[::-1] for letter in text)
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[start : start + 8][::-1], 2) for start in range(0, len(bits), 8))


def swap(digits: str) -> bytes:
    digits += "F" * (len(digits) % 2)
    return bytes.fromhex("".join(digits[at + 1] + digits[at] for at in range(0, len(digits), 2)))


def sender(name: str) -> bytes:
    if name.startswith("+"):
        return bytes([len(name) - 1, 0x91]) + swap(name[1:])
    return bytes([(len(name) * 7 + 3) // 4, 0xD0]) + pack(name)


def message(name: str, text: str, hours: float = 0, header: bytes = b"") -> str:
    skip = -len(header) * 8 % 7
    length = (len(header) * 8 + skip) // 7 + len(text)
    kind = bytes([0x44 if header else 0x04])
    time = swap("261130100000") + bytes.fromhex(HOURS[hours])
    return (b"\0" + kind + sender(name) + b"\0\0" + time + bytes([length]) + header + pack(text, skip)).hex().upper()


print(message("+12025550101", "Hello"))
print(message("Sales", "Hello", hours=-5))
print(message("SalesAB", "Hello"))
print(message("+12025550101", "Hello", hours=-3.5))
print(message("+12025550101", "second part", header=bytes([5, 0, 3, 7, 2, 2])))
print(message("+12025550101", "second part", header=bytes([6, 8, 4, 1, 7, 2, 2])))
PY
cat >read.py <<'PY'
from gsmmodem.pdu import decodeSmsPdu
from smspdudecoder.easy import read_incoming_sms

for line in open("messages"):
    sms = read_incoming_sms(line.strip())
    print("smspdudecoder:", sms["sender"], sms["date"].isoformat(), sms["content"])
    sms = decodeSmsPdu(line.strip())
    print("python-gsmmodem-new:", sms["number"], sms["time"].isoformat(), sms["text"])
PY
cat >read.mjs <<'JS'
import { readFileSync } from "node:fs";
import { parse } from "node-pdu";
for (const line of readFileSync("messages", "utf8").trim().split("\n")) {
  const sms = parse(line);
  console.log("node-pdu:", sms.address.phone, sms.serviceCenterTimeStamp.getIsoString(), sms.data.getText());
}
JS
venv/bin/python write.py >messages
echo "version: smspdudecoder==2.2.0 bitstring==4.3.1 python-gsmmodem-new==0.13.0 node-pdu@2.1.1"
echo "guess: +12025550101, Sales, SalesAB, the time in St. John's, and two second parts."
seen=$(
  venv/bin/python read.py | sort -s -k 1,1
  node read.mjs
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
python-gsmmodem-new: +12025550101 2026-11-30T10:00:00+00:00 Hello
python-gsmmodem-new: Sales 2026-11-30T10:00:00-05:00 Hello
python-gsmmodem-new: SalesAB 2026-11-30T10:00:00+00:00 Hello
python-gsmmodem-new: +12025550101 2026-11-30T10:00:00-03:30 Hello
python-gsmmodem-new: +12025550101 2026-11-30T10:00:00+00:00 second part
python-gsmmodem-new: +12025550101 2026-11-30T10:00:00+00:00 econd part
smspdudecoder: +12025550101 2026-11-30T10:00:00+00:00 Hello
smspdudecoder: Sales 2026-11-30T15:00:00+00:00 Hello
smspdudecoder: SalesAB@ 2026-11-30T10:00:00+00:00 Hello
smspdudecoder: +12025550101 2026-11-30T13:30:00+00:00 Hello
smspdudecoder: +12025550101 2026-11-30T10:00:00+00:00 second part
smspdudecoder: +12025550101 2026-11-30T10:00:00+00:00 second part
node-pdu: 12025550101 2026-11-30T10:00:00-00:00 Hello
node-pdu: Sales 2026-11-30T10:00:00-05:00 Hello
node-pdu: SalesAB 2026-11-30T10:00:00-00:00 Hello
node-pdu: 12025550101 2026-11-30T10:00:00-3.5:00 Hello
node-pdu: 12025550101 2026-11-30T10:00:00-00:00 second part
node-pdu: 12025550101 2026-11-30T10:00:00-00:00 second part
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

#!/usr/bin/env bash
# Guess: the sound of an RTP packet is the same to each library that takes packets apart: the padding at its end and the extension of its header are part of
#        RFC 3550, and are not sound.
# Seen:  pyVoIP of Python and rtp-parser of JavaScript give both as sound: four bytes of padding after it, and before it the whole extension, eight bytes in
#        each packet of a sender that states the volume there. werift-rtp and rtp.js of JavaScript and opensip of Python take them off.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check pyVoIP==1.6.8 opensip==0.2.1 "audioop-lts==0.2.2; python_version >= '3.13'"
npm install --silent --no-fund --no-audit werift-rtp@0.8.9 rtp.js@0.15.5 rtp-parser@1.0.0
cat >read.py <<'PY'
import sys

from opensip.rtp import RTPPacket
from pyVoIP.RTP import PayloadType, RTPMessage

for line in open("packets"):
    name, packet = line.split(": ")
    print(f"Python opensip, {name}: {RTPPacket.unpack(bytes.fromhex(packet)).payload.hex()}")
    print(f"Python pyVoIP, {name}: {RTPMessage(bytes.fromhex(packet), {0: PayloadType.PCMU}).payload.hex()}")
PY
cat >read.mjs <<'JS'
import { readFileSync } from "node:fs";
import rtpParser from "rtp-parser";
import { packets } from "rtp.js";
import { RtpPacket } from "werift-rtp";
for (const line of readFileSync("packets", "utf8").trim().split("\n")) {
  const [name, text] = line.split(": ");
  const packet = Buffer.from(text, "hex");
  const payload = new packets.RtpPacket(new DataView(packet.buffer, packet.byteOffset, packet.length)).getPayload();
  console.log(`JavaScript werift-rtp, ${name}: ${RtpPacket.deSerialize(packet).payload.toString("hex")}`);
  console.log(`JavaScript rtp.js, ${name}: ${Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString("hex")}`);
  console.log(`JavaScript rtp-parser, ${name}: ${Buffer.from(rtpParser.parseRtpPacket(packet).payload).toString("hex")}`);
}
JS
venv/bin/python - <<'PY'
from struct import pack

SOUND = bytes([0xAA] * 4)
REST = pack("!BHII", 0, 1, 160, 7)
VOLUME = pack("!HHBB2x", 0xBEDE, 1, 0x10, 0x8F)
with open("packets", "w") as packets:
    print("plain:", (b"\x80" + REST + SOUND).hex(), file=packets)
    print("padding:", (b"\xa0" + REST + SOUND + bytes([0, 0, 0, 4])).hex(), file=packets)
    print("extension:", (b"\x90" + REST + VOLUME + SOUND).hex(), file=packets)
PY
echo "version: pyVoIP==1.6.8 opensip==0.2.1 werift-rtp@0.8.9 rtp.js@0.15.5 rtp-parser@1.0.0"
echo "guess: aaaaaaaa in each line."
seen=$(
  venv/bin/python read.py
  node read.mjs
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
Python opensip, plain: aaaaaaaa
Python pyVoIP, plain: aaaaaaaa
Python opensip, padding: aaaaaaaa
Python pyVoIP, padding: aaaaaaaa00000004
Python opensip, extension: aaaaaaaa
Python pyVoIP, extension: bede0001108f0000aaaaaaaa
JavaScript werift-rtp, plain: aaaaaaaa
JavaScript rtp.js, plain: aaaaaaaa
JavaScript rtp-parser, plain: aaaaaaaa
JavaScript werift-rtp, padding: aaaaaaaa
JavaScript rtp.js, padding: aaaaaaaa
JavaScript rtp-parser, padding: aaaaaaaa00000004
JavaScript werift-rtp, extension: aaaaaaaa
JavaScript rtp.js, extension: aaaaaaaa
JavaScript rtp-parser, extension: bede0001108f0000aaaaaaaa
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

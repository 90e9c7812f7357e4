#!/usr/bin/env bash
# Guess: a session description read and written by sdp-transform has the same lines, perhaps in another order, as RFC 8866 allows each of them.
# Seen:  a media line with a count of ports, "audio 49170/2", comes back as "undefined NaN undefined"; of two times or two addresses
#        of a medium the last stays; a session version above 2^53 is rounded, as it is a number and the session's number a text.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit sdp-transform@3.0.0
echo "version: sdp-transform@3.0.0"
echo "guess: nothing lost, nothing new."
seen=$(node - <<'JS'
const { parse, write } = require("sdp-transform");
const lines = [
  "v=0",
  "o=- 9007199254740993 9007199254740995 IN IP4 127.0.0.1",
  "s=-",
  "t=3724394400 3724398000",
  "t=3724484400 3724488000",
  "m=audio 49170/2 RTP/AVP 0",
  "c=IN IP4 224.2.1.1/127",
  "c=IN IP4 224.2.1.4/127",
  "a=rtpmap:0 PCMU/8000",
];
const written = write(parse(lines.join("\r\n") + "\r\n")).trim().split("\r\n");
for (const line of lines) if (!written.includes(line)) console.log("lost", line);
for (const line of written) if (!lines.includes(line)) console.log("new ", line.trimEnd());
JS
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
lost o=- 9007199254740993 9007199254740995 IN IP4 127.0.0.1
lost t=3724394400 3724398000
lost m=audio 49170/2 RTP/AVP 0
lost c=IN IP4 224.2.1.1/127
new  o=- 9007199254740993 9007199254740996 IN IP4 127.0.0.1
new  m=undefined NaN undefined
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

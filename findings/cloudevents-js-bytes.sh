#!/usr/bin/env bash
# Guess: bytes sent in the structured mode come back as the bytes sent, in a Uint8Array or a Buffer, as they do in the binary mode.
# Seen:  they come back as a Uint32Array, four bytes for each one; the time, sent with an offset, comes back in UTC.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit cloudevents@10.0.0
echo "version: cloudevents@10.0.0"
echo "guess: Uint8Array of 2 bytes in both modes."
seen=$(
  node - <<'JS'
const { CloudEvent, HTTP } = require("cloudevents");
const event = new CloudEvent({
  id: "1",
  source: "/calls",
  type: "call.recorded",
  time: "2026-11-30T12:00:00+02:00",
  datacontenttype: "audio/basic",
  data: new Uint8Array([1, 2]),
});
for (const mode of ["binary", "structured"]) {
  const { headers, body } = HTTP[mode](event);
  const { data, time } = HTTP.toEvent({ headers, body });
  console.log(mode, data.constructor.name, data.byteLength, "bytes", time);
}
JS
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
binary Uint8Array 2 bytes 2026-11-30T10:00:00.000Z
structured Uint32Array 8 bytes 2026-11-30T10:00:00.000Z
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

#!/usr/bin/env bash
# Guess: the cues of a transcript in WebVTT are the same to each reader of the format: when each one starts and ends, what is said, by whom. A word
#        before the times is the cue's name, and settings come after them.
# Seen:  subtitle puts the name of a cue at the end of what was said before it, unless it is a number. @plussub/srt-vtt-parser gives NaN as the end of
#        a cue with settings. webvtt-py has whole seconds, so that 2.5 is 2, leaves &amp; as it is in the text, and gives all of a cue to its first voice.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check webvtt-py==0.6.0
npm install --silent --no-fund --no-audit node-webvtt@1.9.4 subtitle@4.2.2 @plussub/srt-vtt-parser@2.0.5
cat >call.vtt <<'VTT'
WEBVTT

1
00:01.000 --> 00:02.500 align:start
<v Ann>Sales &amp; support</v> <v Bob>Hi</v>

answer
00:03.000 --> 00:04.500
Yes
VTT
cat >readers.mjs <<'JS'
import { readFileSync } from "node:fs";
import * as plussub from "@plussub/srt-vtt-parser";
import webvtt from "node-webvtt";
import { parseSync } from "subtitle";
const text = readFileSync("call.vtt", "utf8");
const show = (name, id, start, end, said) => console.log(`${name}: ${id} ${start} ${end}`, JSON.stringify(said));
for (const cue of webvtt.parse(text).cues) show("node-webvtt", cue.identifier, cue.start, cue.end, cue.text);
for (const { type, data } of parseSync(text)) if (type === "cue") show("subtitle", "-", data.start, data.end, data.text);
for (const cue of plussub.parse(text).entries) show("plussub", cue.id, cue.from, cue.to, cue.text);
JS
echo "version: webvtt-py==0.6.0 node-webvtt@1.9.4 subtitle@4.2.2 @plussub/srt-vtt-parser@2.0.5"
echo "guess: 1 from 1 to 2.5, answer from 3 to 4.5, with Yes alone in the second."
seen=$(
  venv/bin/python - <<'PY'
import json

import webvtt

for cue in webvtt.read("call.vtt"):
    print(f"webvtt-py: {cue.identifier} {cue.start_in_seconds} {cue.end_in_seconds} {json.dumps(cue.text)} {cue.voice}")
PY
  node readers.mjs
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
webvtt-py: 1 1 2 "Sales &amp; support Hi" Ann
webvtt-py: answer 3 4 "Yes" None
node-webvtt: 1 1 2.5 "<v Ann>Sales &amp; support</v> <v Bob>Hi</v>"
node-webvtt: answer 3 4.5 "Yes"
subtitle: - 1000 2500 "<v Ann>Sales &amp; support</v> <v Bob>Hi</v>\n\nanswer"
subtitle: - 3000 4500 "Yes"
plussub: 1 1000 NaN "<v Ann>Sales &amp; support</v> <v Bob>Hi</v>"
plussub: answer 3000 4500 "Yes"
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

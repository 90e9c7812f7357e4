#!/usr/bin/env bash
# Guess: libraries that count the parts of a text message agree: a part has 160 characters, or 153 if there are several, the euro sign takes two of them,
#        and those two stay in one part. Who is billed by the part can check a text beforehand.
# Seen:  sms-counter and sms-length add up the characters and divide, so 152 letters, a euro sign, and 152 letters are two parts, where three are sent;
#        so is a text with an emoji at the edge. sms-counter takes 159 letters and a euro sign for one part. sms-segments-calculator,
#        split-sms, and Python's smsutil count as guessed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check smsutil==1.1.3
npm install --silent --no-fund --no-audit sms-segments-calculator@1.3.0 split-sms@0.1.7 sms-counter@1.0.0 sms-length@0.2.2
cat >texts.json <<'JSON'
[["160 letters", [["a", 160]]],
 ["158 letters and a euro sign", [["a", 158], ["€", 1]]],
 ["159 letters and a euro sign", [["a", 159], ["€", 1]]],
 ["a euro sign at the edge", [["a", 152], ["€", 1], ["b", 152]]],
 ["an emoji at the edge", [["あ", 66], ["😀", 1], ["い", 66]]]]
JSON
cat >count.cjs <<'JS'
const { SegmentedMessage } = require("sms-segments-calculator");
const { split } = require("split-sms");
const counter = require("sms-counter").default;
const { count } = require("sms-length");
for (const [name, pieces] of require("./texts.json")) {
  const text = pieces.map(([letter, times]) => letter.repeat(times)).join("");
  const counts = {
    "sms-segments-calculator": new SegmentedMessage(text).segmentsCount,
    "split-sms": split(text).parts.length,
    "sms-counter": counter.count(text).messages,
    "sms-length": count(text).messages,
  };
  console.log(`${name}:`, Object.entries(counts).flat().join(" "));
}
JS
echo "version: smsutil==1.1.3 sms-segments-calculator@1.3.0 split-sms@0.1.7 sms-counter@1.0.0 sms-length@0.2.2"
echo "guess: 1, 1, 2, 3, 3 for each."
seen=$(
  node count.cjs
  venv/bin/python - <<'PY'
import json
from pathlib import Path

import smsutil

for name, pieces in json.loads(Path("texts.json").read_text("utf-8")):
    text = "".join(letter * times for letter, times in pieces)
    print(f"{name}: smsutil", len(smsutil.split(text).parts))
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
160 letters: sms-segments-calculator 1 split-sms 1 sms-counter 1 sms-length 1
158 letters and a euro sign: sms-segments-calculator 1 split-sms 1 sms-counter 1 sms-length 1
159 letters and a euro sign: sms-segments-calculator 2 split-sms 2 sms-counter 1 sms-length 2
a euro sign at the edge: sms-segments-calculator 3 split-sms 3 sms-counter 2 sms-length 2
an emoji at the edge: sms-segments-calculator 3 split-sms 3 sms-counter 2 sms-length 2
160 letters: smsutil 1
158 letters and a euro sign: smsutil 1
159 letters and a euro sign: smsutil 2
a euro sign at the edge: smsutil 3
an emoji at the edge: smsutil 3
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

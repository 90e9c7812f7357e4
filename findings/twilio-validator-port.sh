#!/usr/bin/env bash
# Guess: for a webhook at https://user:password@host:8443/, whose signature is over the address without the port, the SDKs'
#        validators agree: each tries the address with and without its port.
# Seen:  Node's accepts it and Python's does not: it takes the port off at the first colon, which is the password's.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check twilio==9.13.0
npm install --silent --no-fund --no-audit twilio@6.2.0
cat >check.cjs <<'JS'
const { validateRequest } = require("twilio");
const [, , signature, url] = process.argv;
console.log("  Node:", validateRequest("12345", signature, url, { CallSid: "CA1" }));
JS
cat >check.py <<'PY'
import sys

from twilio.request_validator import RequestValidator

_, signature, url = sys.argv
print("  Python:", str(RequestValidator("12345").validate(url, {"CallSid": "CA1"}, signature)).lower())
PY
cat >sign.py <<'PY'
import base64
import hashlib
import hmac
import sys

print(base64.b64encode(hmac.new(b"12345", f"{sys.argv[1]}CallSidCA1".encode(), hashlib.sha1).digest()).decode())
PY
echo "version: twilio==9.13.0 twilio@6.2.0"
echo "guess: all are true."
seen=$(
  for login in "" "ann:secret@"; do
    signature=$(venv/bin/python sign.py "https://${login}example.com/call")
    for address in "https://${login}example.com/call" "https://${login}example.com:8443/call"; do
      echo "$address"
      node check.cjs "$signature" "$address"
      venv/bin/python check.py "$signature" "$address"
    done
  done
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
https://example.com/call
  Node: true
  Python: true
https://example.com:8443/call
  Node: true
  Python: true
https://ann:secret@example.com/call
  Node: true
  Python: true
https://ann:secret@example.com:8443/call
  Node: true
  Python: false
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

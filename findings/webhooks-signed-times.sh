#!/usr/bin/env bash
# Guess: Webhook.sign(id, timestamp, body) of Standard Webhooks, and of Svix, for Python signs the moment that the timestamp is: 12:00+02:00 is
#        10:00Z, and both have one signature, as two times that are equal do.
# Seen:  the offset is thrown away, and 12:00+02:00 is signed as 12:00Z. A time without an offset, datetime.now(), is also taken for UTC, not for local
#        time as datetime's own timestamp() does. So the signature fits no header that states the moment, and the receiver refuses the
#        message; a sender whose clock is set to UTC never sees it. The package for JavaScript signs the moment.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check standardwebhooks==1.1.0 svix==2.9.1
npm install --silent --no-fund --no-audit standardwebhooks@1.1.1
cat >sign.py <<'PY'
import datetime
from base64 import b64encode

import standardwebhooks
import svix

SECRET = "whsec_" + b64encode(b"a secret for tests only.").decode()
BODY = '{"to":"ann"}'
noon = datetime.datetime.fromisoformat("2026-11-30T12:00:00+02:00")
times = {
    "10:00Z": noon.astimezone(datetime.UTC),
    "12:00+02:00": noon,
    "12:00Z": noon.replace(tzinfo=datetime.UTC),
    "05:00 in New York, no offset": datetime.datetime(2026, 11, 30, 5),
}
for package in (standardwebhooks, svix):
    webhook = package.Webhook(SECRET)
    for name, time in times.items():
        print(f"{package.__name__}, {name}: {webhook.sign('msg_1', time, BODY)[:12]}")

webhook = standardwebhooks.Webhook(SECRET)
now = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=2)))
headers = {
    "webhook-id": "msg_1",
    "webhook-timestamp": str(int(now.timestamp())),
    "webhook-signature": webhook.sign("msg_1", now, BODY),
}
try:
    print("a message signed now:", webhook.verify(BODY, headers))
except standardwebhooks.WebhookVerificationError as error:
    print("a message signed now:", error)
PY
cat >sign.mjs <<'JS'
import { Webhook } from "standardwebhooks";
const webhook = new Webhook("whsec_" + Buffer.from("a secret for tests only.").toString("base64"));
const time = new Date("2026-11-30T12:00:00+02:00");
console.log(`JavaScript, 12:00+02:00: ${webhook.sign("msg_1", time, '{"to":"ann"}').slice(0, 12)}`);
JS
echo "version: standardwebhooks==1.1.0 svix==2.9.1 standardwebhooks@1.1.1"
echo "guess: one signature for all but 12:00Z, and a message that is accepted."
seen=$(TZ=America/New_York venv/bin/python sign.py; node sign.mjs)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
standardwebhooks, 10:00Z: v1,bEQOg5l+I
standardwebhooks, 12:00+02:00: v1,E29VMyXfS
standardwebhooks, 12:00Z: v1,E29VMyXfS
standardwebhooks, 05:00 in New York, no offset: v1,HBBXvI7TD
svix, 10:00Z: v1,bEQOg5l+I
svix, 12:00+02:00: v1,E29VMyXfS
svix, 12:00Z: v1,E29VMyXfS
svix, 05:00 in New York, no offset: v1,HBBXvI7TD
a message signed now: No matching signature found
JavaScript, 12:00+02:00: v1,bEQOg5l+I
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

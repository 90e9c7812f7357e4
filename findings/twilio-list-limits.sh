#!/usr/bin/env bash
# Guess: list(limit=0) gives nothing; list(limit=5000) asks for pages of 1000, as its docstring says: min(limit, 1000).
# Seen:  a limit of 0 is no limit and reads all pages; 5000 is sent as the size of a page.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check twilio==9.13.0
echo "version: twilio==9.13.0"
echo "guess: limit=0 gives 0 of 4 conferences; limit=5000 sends PageSize=1000."
seen=$("$folder/venv/bin/python" - <<'PY'
import json

from twilio.http.response import Response
from twilio.rest import Client

NEXT = "/2010-04-01/Accounts/account/Conferences.json?Page=1"


class TwoPages:
    """Answers with two pages of two conferences each, and notes the page sizes asked for."""

    def request(self, _method, url, params=None, **_):
        first = "Page=1" not in url
        if first:
            print("PageSize:", (params or {}).get("PageSize", "not sent"))
        numbers = (1, 2) if first else (3, 4)
        page = {
            "conferences": [{"sid": f"CF{number:032}"} for number in numbers],
            "next_page_uri": NEXT if first else None,
        }
        return Response(200, json.dumps(page))


client = Client("AC" + "0" * 32, "token", http_client=TwoPages())
for limit in (3, 0, 5000):
    print(f"limit={limit}:", len(client.conferences.list(limit=limit)), "conferences")
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
PageSize: 3
limit=3: 3 conferences
PageSize: not sent
limit=0: 4 conferences
PageSize: 5000
limit=5000: 4 conferences
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

#!/usr/bin/env bash
# Guess: Configuration(host=…) of the generated client is the address that requests go to, so that a test can name an own server.
# Seen:  it is not read by the voice calls: each has a server of its own, and the requests go to the real service.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check bandwidth-sdk==23.3.1
echo "version: bandwidth-sdk==23.3.1"
echo "guess: both requests go to http://127.0.0.1:8080."
seen=$("$folder/venv/bin/python" - <<'PY'
from bandwidth import ApiClient, CallsApi, ConferencesApi, Configuration
from bandwidth.models import UpdateConferenceMember


class Stopped(Exception):
    pass


class Show(ApiClient):
    """Prints a request in place of sending it."""

    def call_api(self, method, url, *_, **__):
        print(method, url)
        raise Stopped


configuration = Configuration(host="http://127.0.0.1:8080")
print("configured:", configuration.host)
client = Show(configuration)
for call in (
    lambda: ConferencesApi(client).update_conference_member("account", "room", "ann", UpdateConferenceMember(mute=True)),
    lambda: CallsApi(client).list_calls("account"),
):
    try:
        call()
    except Stopped:
        pass
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
configured: http://127.0.0.1:8080
PUT https://voice.bandwidth.com/api/v2/accounts/account/conferences/room/members/ann
GET https://voice.bandwidth.com/api/v2/accounts/account/calls
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

#!/usr/bin/env bash
# Guess: a toll-free number has the unknown zone, and a mobile number the zones of its country.
# Seen:  toll-free +1 has 42 zones as far as Guam; mobile numbers of Kazakhstan have zones of Russia and Romania, of Guernsey those of four islands.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check phonenumbers==9.0.43
echo "version: phonenumbers==9.0.43"
echo "guess: a toll-free number has the unknown zone, and a mobile number the zones of its country."
seen=$("$folder/venv/bin/python" - <<'PY'
import phonenumbers
from phonenumbers.timezone import time_zones_for_number

for text in ("+18002345678", "+77012345678", "+447911123456"):
    number = phonenumbers.parse(text)
    zones = time_zones_for_number(number)
    region = phonenumbers.region_code_for_number(number)
    some = [z for z in zones if z in ("Pacific/Guam", "Europe/Bucharest", "Europe/London")]
    print(text, region, len(zones), *some)
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
+18002345678 US 42 Pacific/Guam
+77012345678 KZ 16 Europe/Bucharest
+447911123456 GG 4 Europe/London
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

#!/usr/bin/env bash
# Guess: one text parsed with and without keep_raw_input gives equal numbers, which can be members of a set.
# Seen:  the numbers are unequal although their E.164 forms are the same, and they cannot be hashed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check phonenumbers==9.0.43
echo "version: phonenumbers==9.0.43"
echo "guess: one text parsed with and without keep_raw_input gives equal numbers, which can be members of a set."
seen=$("$folder/venv/bin/python" - <<'PY'
import phonenumbers
from phonenumbers import PhoneNumberFormat, format_number, parse

plain = parse("+12125550123")
raw = parse("+12125550123", None, keep_raw_input=True)
print("equal:", plain == raw)
forms = [format_number(each, PhoneNumberFormat.E164) for each in (plain, raw)]
print("equal as E.164:", forms[0] == forms[1])
print("has a hash:", phonenumbers.PhoneNumber.__hash__ is not None)
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
equal: False
equal as E.164: True
has a hash: False
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

#!/usr/bin/env bash
# Guess: 1-800-FLOWERS is read as 1-800-356-9377 by libphonenumber's port to JavaScript, as by its port to Python; or it is refused.
# Seen:  libphonenumber-js cuts the text at the letters and gives the number +11800, without an error; only isPossible() and isValid() say no.
#        Python gives +18003569377.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check phonenumbers==9.0.43
npm install --silent --no-fund --no-audit libphonenumber-js@1.13.16
echo "version: libphonenumber-js@1.13.16 phonenumbers==9.0.43"
echo "guess: +18003569377 twice each."
seen=$(
  node - <<'JS'
const { parsePhoneNumberFromString } = require("libphonenumber-js/max");
for (const text of ["1-800-FLOWERS", "+1 202-555-CALL"]) {
  const number = parsePhoneNumberFromString(text, "US");
  console.log("libphonenumber-js", text, number?.number, "possible", number?.isPossible(), "valid", number?.isValid());
}
JS
  venv/bin/python - <<'PY'
import phonenumbers as numbers

for text in ("1-800-FLOWERS", "+1 202-555-CALL"):
    number = numbers.parse(text, "US")
    print("phonenumbers", text, numbers.format_number(number, numbers.PhoneNumberFormat.E164), numbers.is_valid_number(number))
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
libphonenumber-js 1-800-FLOWERS +11800 possible false valid false
libphonenumber-js +1 202-555-CALL +1202555 possible false valid false
phonenumbers 1-800-FLOWERS +18003569377 True
phonenumbers +1 202-555-CALL +12025552255 True
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

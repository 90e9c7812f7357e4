#!/usr/bin/env bash
# Guess: a Terraform file read by python-hcl2 has the values that it states: phone = "+12025550101" is that text, without quotes, and a block's label is a key.
# Seen:  the quotes are part of each text and of each label, '"+12025550101"' under '"support"', also within lists. A member
#        __is_block__ is added to each block. strip_string_quotes gives the texts; a heredoc keeps its marker lines then as well.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check python-hcl2==8.1.4
echo "version: python-hcl2==8.1.4"
echo 'guess: {"room": [{"support": {"phone": "+12025550101", "roles": ["agent"], "greeting": "Say \"hello\"", "note": "one line\n"}}]}'
seen=$("$folder/venv/bin/python" - <<'PY'
import json

import hcl2
from hcl2 import SerializationOptions

TEXT = r"""
room "support" {
  phone    = "+12025550101"
  roles    = ["agent"]
  greeting = "Say \"hello\""
  note     = <<END
one line
END
}
"""
print(json.dumps(hcl2.loads(TEXT)))
print("strip_string_quotes", json.dumps(hcl2.loads(TEXT, serialization_options=SerializationOptions(strip_string_quotes=True))))
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
{"room": [{"\"support\"": {"phone": "\"+12025550101\"", "roles": ["\"agent\""], "greeting": "\"Say \\\"hello\\\"\"", "note": "\"<<END\none line\nEND\"", "__is_block__": true}}]}
strip_string_quotes {"room": [{"support": {"phone": "+12025550101", "roles": ["agent"], "greeting": "Say \"hello\"", "note": "<<END\none line\nEND", "__is_block__": true}}]}
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

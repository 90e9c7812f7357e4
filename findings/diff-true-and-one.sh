#!/usr/bin/env bash
# Guess: a difference library of Python reports a member that changes from 1 to true, in an object or in a list, as their JSON differs; jsonpatch does.
# Seen:  dictdiffer, jsondiff, and json-merge-patch report none, as 1 == True in Python: a flag that turns from 0 to false is the same.
#        deepdiff reports it in an object, and in a list with another member beside it does not.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
pins="jsonpatch==1.48 deepdiff==9.1.0 dictdiffer==0.10.0 jsondiff==2.2.1 json-merge-patch==0.3.0"
python3 -m venv "$folder/venv"
# shellcheck disable=SC2086
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check $pins
echo "version: $pins"
echo "guess: a difference from each, in the object and in the list."
seen=$("$folder/venv/bin/python" - <<'PY'
import deepdiff
import dictdiffer
import json_merge_patch
import jsondiff
import jsonpatch

LIBRARIES = {
    "jsonpatch": lambda old, new: jsonpatch.make_patch(old, new).patch,
    "deepdiff": deepdiff.DeepDiff,
    "dictdiffer": lambda old, new: list(dictdiffer.diff(old, new)),
    "jsondiff": jsondiff.diff,
    "json-merge-patch": json_merge_patch.create_patch,
}
for name, compare in LIBRARIES.items():
    inside = [bool(compare({"muted": old}, {"muted": new})) for old, new in ((1, True), (0, False))]
    listed = bool(compare({"muted": [1, 30]}, {"muted": [True, 30]}))
    print(name, "object", *inside, "list", listed)
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
jsonpatch object True True list True
deepdiff object True True list False
dictdiffer object False False list False
jsondiff object False False list False
json-merge-patch object False False list False
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

#!/usr/bin/env bash
# Guess: a share of users that flagd's targeting picks, fractional, is the same users in each language: the share is counted from a hash of the user, so
#        that services agree without asking one another, and a new release keeps who is in.
# Seen:  the evaluators for JavaScript and Python, both the newest, pick by chance of one another: in a half each, half of the users get the
#        other variant. The hash of Python's 2.0 is of the user's CBOR, and JavaScript's of the text; 1.0 of Python agrees with it, so the upgrade moves
#        half of the users within Python as well.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
for version in 1.0.0 2.0.0; do
  python3 -m venv "python-$version"
  "python-$version/bin/python" -m pip install --quiet --disable-pip-version-check "openfeature-flagd-core==$version"
done
npm install --silent --no-fund --no-audit @openfeature/flagd-core@4.0.1 @openfeature/core@1.12.0
cat >flags.json <<'JSON'
{
  "flags": {
    "dialer": {
      "state": "ENABLED",
      "variants": {"old": "old", "new": "new"},
      "defaultVariant": "old",
      "targeting": {"fractional": [["new", 50], ["old", 50]]}
    }
  }
}
JSON
cat >evaluate.mjs <<'JS'
import { FlagdCore } from "@openfeature/flagd-core";
import { readFileSync } from "node:fs";
const silent = { error() {}, warn() {}, info() {}, debug() {} };
const core = new FlagdCore();
core.setConfigurations(readFileSync("flags.json", "utf8"));
for (let user = 0; user < 2000; user++)
  console.log(core.resolveStringEvaluation("dialer", "none", { targetingKey: `user-${user}` }, silent).value);
JS
cat >evaluate.py <<'PY'
from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.evaluation_context import EvaluationContext

core = FlagdCore()
core.set_flags(open("flags.json").read())
for user in range(2000):
    print(core.resolve_string_value("dialer", "none", EvaluationContext(f"user-{user}")).value)
PY
echo "version: @openfeature/flagd-core@4.0.1 openfeature-flagd-core==1.0.0 and ==2.0.0"
echo "guess: none of 2000 differs."
mkdir users
node evaluate.mjs >users/javascript
for version in 1.0.0 2.0.0; do "python-$version/bin/python" evaluate.py >"users/python-$version"; done
differ() { paste "users/$1" "users/$2" | awk '$1 != $2' | wc -l; }
seen=$(
  for file in users/*; do echo "new in ${file#users/}: $(grep -c new "$file")"; done
  echo "JavaScript and Python 1.0.0: $(differ javascript python-1.0.0) differ"
  echo "JavaScript and Python 2.0.0: $(differ javascript python-2.0.0) differ"
  echo "Python 1.0.0 and 2.0.0: $(differ python-1.0.0 python-2.0.0) differ"
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
new in javascript: 965
new in python-1.0.0: 965
new in python-2.0.0: 1025
JavaScript and Python 1.0.0: 0 differ
JavaScript and Python 2.0.0: 1002 differ
Python 1.0.0 and 2.0.0: 1002 differ
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

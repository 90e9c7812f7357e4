#!/usr/bin/env bash
# Guess: a program that Asterisk calls over its gateway interface, AGI, gets from each client what Asterisk says: the caller's name and the address that was asked
#        for, the digits that were pressed, and the difference between a variable that is not set and one that is empty.
# Seen:  ding-dong cuts each value at a colon, so the caller "Ann: sales" is "Ann", and the address agi://127.0.0.1:4573/menu is "agi". basicagi gives Asterisk's
#        whole line for the digits, "200 result=1234 (timeout)", where its other calls give the value. pyst2 and ding-dong make no difference between
#        not set and empty, in their values. pystrix does as guessed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check pyst2==0.5.1 pystrix==1.3.0 basicagi==1.0.1
npm install --silent --no-fund --no-audit ding-dong@0.1.7
cat >asterisk.txt <<'TEXT'
agi_request: agi://127.0.0.1:4573/menu
agi_calleridname: Ann: sales

200 result=0
200 result=1 ()
200 result=1234 (timeout)
TEXT
cat >answer.py <<'PY'
import sys


def with_pyst2() -> tuple[object, ...]:
    from asterisk.agi import AGI

    agi = AGI()
    first, second, digits = agi.get_variable("unset"), agi.get_variable("empty"), agi.get_data("menu")
    return agi.env["agi_calleridname"], agi.env["agi_request"], first, second, digits


def with_pystrix() -> tuple[object, ...]:
    from pystrix.agi import AGI
    from pystrix.agi.core import GetData, GetVariable

    agi = AGI()
    first, second, digits = (agi.execute(action) for action in (GetVariable("unset"), GetVariable("empty"), GetData("menu")))
    environment = agi.get_environment()
    return environment["agi_calleridname"], environment["agi_request"], first, second, digits


def with_basicagi() -> tuple[object, ...]:
    from basicagi import BasicAGI

    agi = BasicAGI()
    first, second, digits = agi.get_variable("unset"), agi.get_variable("empty"), agi.get_data("menu")
    return agi.env["calleridname"], agi.env["request"], first, second, digits


print(f"{sys.argv[1]}:", *map(repr, globals()[f"with_{sys.argv[1]}"]()), file=sys.stderr)
PY
cat >answer.cjs <<'JS'
const Server = require("ding-dong");
const { readFileSync } = require("node:fs");
const { connect } = require("node:net");
const [opening, answers] = readFileSync("asterisk.txt", "utf8").split("\n\n");
const lines = answers.trim().split("\n");
const agi = new Server(async (context) => {
  const variables = await context.onEvent("variables");
  const results = [await context.getVariable("unset"), await context.getVariable("empty"), await context.getData("menu")];
  const shown = [variables.agi_calleridname, variables.agi_request, results[0].value, results[1].value, results[2].result];
  console.log("ding-dong:", ...shown.map((value) => JSON.stringify(value)));
  process.exit();
});
const server = agi.start(0, "127.0.0.1");
server.on("listening", () => {
  const asterisk = connect(server.address().port, "127.0.0.1");
  asterisk.write(`${opening}\n\n`);
  asterisk.on("data", () => asterisk.write(`${lines.shift()}\n`));
});
JS
echo "version: pyst2==0.5.1 pystrix==1.3.0 basicagi==1.0.1 ding-dong@0.1.7"
echo "guess: Ann: sales, agi://127.0.0.1:4573/menu, two values that differ, and 1234, from each."
seen=$(
  for client in pyst2 pystrix basicagi; do venv/bin/python answer.py "$client" <asterisk.txt 2>&1 >/dev/null | grep "^$client: "; done
  node answer.cjs
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
pyst2: 'Ann: sales' 'agi://127.0.0.1:4573/menu' '' '' '1234'
pystrix: 'Ann: sales' 'agi://127.0.0.1:4573/menu' None '' ('1234', True)
basicagi: 'Ann: sales' 'agi://127.0.0.1:4573/menu' None '' '200 result=1234 (timeout)'
ding-dong: "Ann" "agi" undefined undefined "1234"
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

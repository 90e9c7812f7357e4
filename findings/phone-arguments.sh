#!/usr/bin/env bash
# Guess: --phone=+12025550101 is the text +12025550101 in a program, and --pin 0042 the text 0042: neither is how a number is written.
# Seen:  minimist, mri, and cac make numbers of both, without the plus and the zeros; yargs keeps these and makes a number of the key
#        1e5. Python's fire drops the plus; dynaconf does so for an environment variable, and makes a time of 22:30:00. citty keeps all.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check fire==0.7.1 dynaconf==3.3.5
npm install --silent --no-fund --no-audit minimist@1.2.8 mri@1.2.0 cac@7.1.0 citty@0.2.2 yargs@18.0.0
cat >arguments.mjs <<'JS'
import { cac } from "cac";
import { parseArgs } from "citty";
import minimist from "minimist";
import mri from "mri";
import yargs from "yargs";

const given = process.argv.slice(2);
const show = (name, { phone, pin, key }) => console.log(name, JSON.stringify([phone, pin, key]));
show("minimist", minimist(given));
show("mri", mri(given));
show("cac", cac("call").parse(["node", "call", ...given], { run: false }).options);
show("yargs", await yargs(given).parse());
show("citty", parseArgs(given));
JS
cat >arguments.py <<'PY'
import json

import dynaconf
import fire


def call(phone, pin, key):
    print("fire", json.dumps([phone, pin, key]))


fire.Fire(call)
settings = dynaconf.Dynaconf()
print("dynaconf", json.dumps([settings.PHONE, settings.PIN, settings.KEY]), repr(settings.OPENS))
PY
echo "version: minimist@1.2.8 mri@1.2.0 cac@7.1.0 yargs@18.0.0 citty@0.2.2 fire==0.7.1 dynaconf==3.3.5"
echo 'guess: ["+12025550101","0042","1e5"] in each, and the text 22:30:00'
seen=$(
  node arguments.mjs --phone=+12025550101 --pin=0042 --key=1e5
  DYNACONF_PHONE=+12025550101 DYNACONF_PIN=0042 DYNACONF_KEY=1e5 DYNACONF_OPENS=22:30:00 \
    venv/bin/python arguments.py --phone=+12025550101 --pin=0042 --key=1e5
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
minimist [12025550101,42,100000]
mri [12025550101,42,100000]
cac [12025550101,42,100000]
yargs ["+12025550101","0042",100000]
citty ["+12025550101","0042","1e5"]
fire [12025550101, "0042", 100000.0]
dynaconf [12025550101, "0042", 100000.0] datetime.time(22, 30)
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

#!/usr/bin/env bash
# Guess: a telephone of a contact in vCard 4.0, TEL;VALUE=uri;TYPE="voice,work":tel:+12025550101;ext=42, is the same to each reader: one address with an
#        extension, of two types. The address is a URI and the quoted list of types is the form that RFC 6350 shows.
# Seen:  vcard-parser splits the address at its semicolon, into a list of two. For it, vobject, and vcard4-ts there is one type, named "voice,work", so a
#        search for work numbers finds none. vcard4-ts makes one text of an organization and its department, if both have a comma or a
#        semicolon of their own. ical.js and vcard4 read all as it is.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check vobject==0.9.9
npm install --silent --no-fund --no-audit ical.js@2.2.1 vcard4@4.0.5 vcard4-ts@0.4.1 vcard-parser@1.0.0
sed 's/$/\r/' >card.vcf <<'TEXT'
BEGIN:VCARD
VERSION:4.0
FN:Ann
TEL;VALUE=uri;TYPE="voice,work":tel:+12025550101;ext=42
ORG:Hall\; West;Line\, One
END:VCARD
TEXT
cat >read.mjs <<'JS'
import ICAL from "ical.js";
import { readFileSync } from "node:fs";
import vcardParser from "vcard-parser";
import { parse } from "vcard4";
import { parseVCards } from "vcard4-ts";
const text = readFileSync("card.vcf", "utf8");
const show = (name, ...values) => console.log(`${name}:`, values.map((value) => JSON.stringify(value)).join(" "));

const component = new ICAL.Component(ICAL.parse(text));
const [tel, org] = ["tel", "org"].map((name) => component.getFirstProperty(name));
show("ical.js", tel.getFirstValue(), tel.getParameter("type"), org.getFirstValue());

const properties = Object.fromEntries(parse(text).parsedVcard.map((each) => [each.property, each]));
show("vcard4", properties.TEL.value, properties.TEL.parameters.TYPE, properties.ORG.value);

const card = parseVCards(text).vCards[0];
show("vcard4-ts", card.TEL[0].value, card.TEL[0].parameters.TYPE, card.ORG[0].value);

const parsed = vcardParser.parse(text);
show("vcard-parser", parsed.tel[0].value, parsed.tel[0].meta.type, parsed.org[0].value);
JS
cat >read.py <<'PY'
import json

import vobject

card = vobject.readOne(open("card.vcf", newline="").read())
print("vobject:", *map(json.dumps, (card.tel.value, card.tel.params["TYPE"], card.org.value)))
PY
echo "version: ical.js@2.2.1 vcard4@4.0.5 vcard4-ts@0.4.1 vcard-parser@1.0.0 vobject==0.9.9"
echo "guess: the address, two types, and two parts of the organization, in each."
seen=$(
  node read.mjs
  venv/bin/python read.py
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
ical.js: "tel:+12025550101;ext=42" ["voice","work"] ["Hall; West","Line, One"]
vcard4: "tel:+12025550101;ext=42" ["voice","work"] ["Hall; West","Line, One"]
vcard4-ts: "tel:+12025550101;ext=42" ["voice,work"] ["Hall; West;Line, One"]
vcard-parser: ["tel:+12025550101","ext=42"] ["\"voice,work\""] ["Hall; West","Line, One"]
vobject: "tel:+12025550101;ext=42" ["voice,work"] ["Hall; West", "Line, One"]
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

#!/usr/bin/env bash
# Guess: PGlite gives a bigint column as one type: a text, as node-postgres does, or a BigInt for each value.
# Seen:  it is a number up to 2^53 and a BigInt above, row by row. A list of identifiers of both kinds cannot be added up or written as
#        JSON, and the first such row comes long after the tests.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit @electric-sql/pglite@0.5.17
echo "version: @electric-sql/pglite@0.5.17"
echo "guess: one type, and JSON either from both rows or from none."
seen=$(node --input-type=module - <<'JS'
import { PGlite } from "@electric-sql/pglite";
const database = new PGlite();
const { rows } = await database.query("SELECT id FROM (VALUES (9007199254740991::int8), (9007199254740993)) AS job (id)");
for (const row of rows) {
  let text = "no JSON";
  try {
    text = JSON.stringify(row);
  } catch {}
  console.log(typeof row.id, String(row.id), text);
}
const sum = await database.query("SELECT sum(id), count(*) FROM (VALUES (1::int8), (2)) AS job (id)");
console.log("sum", typeof sum.rows[0].sum, "count", typeof sum.rows[0].count);
await database.close();
JS
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
number 9007199254740991 {"id":9007199254740991}
bigint 9007199254740993 no JSON
sum string count number
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

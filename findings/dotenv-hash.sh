#!/usr/bin/env bash
# Guess: one .env file gives the same values to each reader; a # within an unquoted secret is part of it, since a comment follows a space.
# Seen:  dotenv and Node itself cut the secret at the #; the readers of Python, Go, and Docker Compose keep it. Compose takes $cd for a
#        variable in an unquoted value, and turns $$ into $. A \t in double quotes is a tab to two of them, t to Go's godotenv, and stays to JavaScript.
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check python-dotenv==1.2.4
npm install --silent --no-fund --no-audit node@22.23.3 dotenv@18.0.10
cat >go.mod <<'MOD'
module finding

go 1.26.8

require (
	github.com/compose-spec/compose-go/v2 v2.16.2
	github.com/joho/godotenv v1.5.1
)
MOD
cat >secrets.env <<'ENV'
HASH=ab#cd
DOLLAR=ab$cd
DOLLARS=p$$q
TAB="a\tb"
ENV
cat >read.go <<'GO'
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/joho/godotenv"
	"github.com/sirupsen/logrus"
)

func show(name string, values map[string]string, err error) {
	if err != nil {
		panic(err)
	}
	text, _ := json.Marshal([]string{values["HASH"], values["DOLLAR"], values["DOLLARS"], values["TAB"]})
	fmt.Println(name, string(text))
}

func main() {
	logrus.SetOutput(io.Discard)
	file, _ := os.Open("secrets.env")
	values, err := dotenv.Parse(file)
	show("compose-go", values, err)
	values, err = godotenv.Read("secrets.env")
	show("godotenv", values, err)
}
GO
cat >read.py <<'PY'
import json

import dotenv

values = dotenv.dotenv_values("secrets.env")
print("python-dotenv", json.dumps(list(values.values()), separators=(",", ":")))
PY
cat >read.cjs <<'JS'
const text = require("fs").readFileSync("secrets.env", "utf8");
console.log("dotenv", JSON.stringify(Object.values(require("dotenv").parse(text))));
console.log("node", JSON.stringify(["HASH", "DOLLAR", "DOLLARS", "TAB"].map((name) => require("util").parseEnv(text)[name])));
JS
export GOFLAGS=-mod=mod GOPATH="$folder/go"
go build -o read read.go 2>go.log || { cat go.log >&2; exit 1; }
echo "version: dotenv@18.0.10 node@22.23.3 python-dotenv==1.2.4 github.com/joho/godotenv v1.5.1 github.com/compose-spec/compose-go/v2 v2.16.2"
echo 'guess: ["ab#cd","ab$cd","p$$q","a\tb"] from each'
seen=$(
  node_modules/.bin/node read.cjs
  venv/bin/python read.py
  ./read
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
dotenv ["ab","ab$cd","p$$q","a\\tb"]
node ["ab","ab$cd","p$$q","a\\tb"]
python-dotenv ["ab#cd","ab$cd","p$$q","a\tb"]
compose-go ["ab#cd","ab","p$q","a\tb"]
godotenv ["ab#cd","ab$cd","p$$q","atb"]
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

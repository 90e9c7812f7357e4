#!/usr/bin/env bash
# Guess: a range of versions, ^1.2.3-beta.2 or <=1, takes the same versions in npm's semver, in Masterminds/semver, by which Helm picks the charts that a chart needs,
#        and in Python's semantic-version and node-semver, which are made after npm's: the signs are the same and the versions are by one standard.
# Seen:  a pre-release in the range lets in those of each later version in Go, 1.3.0-beta, and even 2.0.0-alpha for "<2"; npm's and the two of Python take
#        those of 1.2.3 alone. A chart that asks for ^1.2.3-beta.2 gets the next version's beta. In semantic-version's NpmSpec <=1 takes 2.0.0-alpha,
#        though no pre-release is named. Versions without a pre-release are taken alike.
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check semantic-version==2.10.0 node-semver==0.9.1
npm install --silent --no-fund --no-audit semver@7.8.6
printf '%s\n' '^1.2' '1.2 - 2' '^1.2.3-beta.2' '>=1.2.3-beta.2 <2' '<=1' >ranges
printf '%s\n' 1.2.3-beta.1 1.2.3 1.2.4-beta 1.3.0-beta 1.9.9 2.0.0-alpha 2.0.0 2.0.9 >versions
cat >go.mod <<'MOD'
module finding

go 1.26

require github.com/Masterminds/semver/v3 v3.4.0
MOD
cat >finding.go <<'GO'
package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/Masterminds/semver/v3"
)

func lines(name string) []string {
	text, err := os.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

func main() {
	for _, text := range lines("ranges") {
		constraint, err := semver.NewConstraint(text)
		if err != nil {
			fmt.Println("refused")
			continue
		}
		var taken []string
		for _, version := range lines("versions") {
			if constraint.Check(semver.MustParse(version)) {
				taken = append(taken, version)
			}
		}
		fmt.Println(strings.Join(taken, " "))
	}
}
GO
cat >take.py <<'PY'
import sys

import nodesemver
from semantic_version import NpmSpec, Version

TAKES = {
    "semantic-version": lambda range_, version: NpmSpec(range_).match(Version(version)),
    "node-semver": lambda range_, version: nodesemver.satisfies(version, range_, loose=False),
}
takes = TAKES[sys.argv[1]]
for range_ in open("ranges").read().splitlines():
    try:
        print(*(version for version in open("versions").read().splitlines() if takes(range_, version)))
    except ValueError:
        print("refused")
PY
cat >take.cjs <<'JS'
const { readFileSync } = require("node:fs");
const { satisfies, validRange } = require("semver");
const lines = (name) => readFileSync(name, "utf8").trim().split("\n");
for (const range of lines("ranges"))
  console.log(validRange(range) ? lines("versions").filter((version) => satisfies(version, range)).join(" ") : "refused");
JS
export GOFLAGS=-mod=mod GOPATH="$folder/go"
go build -o finding finding.go 2>go.log || { cat go.log >&2; exit 1; }
echo "version: semver@7.8.6 github.com/Masterminds/semver/v3 v3.4.0 semantic-version==2.10.0 node-semver==0.9.1"
echo "guess: the same versions four times for each range."
seen=$(
  mkdir taken
  node take.cjs >taken/npm
  ./finding >taken/helm
  for library in semantic-version node-semver; do venv/bin/python take.py "$library" >"taken/$library"; done
  for line in 1 2 3 4 5; do
    sed -n "${line}p" ranges
    for library in npm helm semantic-version node-semver; do echo "  $library: $(sed -n "${line}p" "taken/$library")"; done
  done
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
^1.2
  npm: 1.2.3 1.9.9
  helm: 1.2.3 1.9.9
  semantic-version: 1.2.3 1.9.9
  node-semver: 1.2.3 1.9.9
1.2 - 2
  npm: 1.2.3 1.9.9 2.0.0 2.0.9
  helm: 1.2.3 1.9.9 2.0.0 2.0.9
  semantic-version: 1.2.3 1.9.9 2.0.0 2.0.9
  node-semver: 1.2.3 1.9.9 2.0.0 2.0.9
^1.2.3-beta.2
  npm: 1.2.3 1.9.9
  helm: 1.2.3 1.2.4-beta 1.3.0-beta 1.9.9
  semantic-version: 1.2.3 1.9.9
  node-semver: 1.2.3 1.9.9
>=1.2.3-beta.2 <2
  npm: 1.2.3 1.9.9
  helm: 1.2.3 1.2.4-beta 1.3.0-beta 1.9.9 2.0.0-alpha
  semantic-version: 1.2.3 1.9.9
  node-semver: 1.2.3 1.9.9
<=1
  npm: 1.2.3 1.9.9
  helm: 1.2.3 1.9.9
  semantic-version: 1.2.3 1.9.9 2.0.0-alpha
  node-semver: 1.2.3 1.9.9
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

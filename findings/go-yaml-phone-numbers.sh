#!/usr/bin/env bash
# Guess: an unquoted phone number or extension read into a field of type string is its text, or is refused as a number, in each YAML library of Go.
# Seen:  the two of go.yaml.in give the text; goccy/go-yaml and sigs.k8s.io/yaml, which Kubernetes tools use, give the number's decimal form:
#        the plus is lost, 0155 becomes 109, and sigs makes 100000 of 1e5.
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
cat >go.mod <<'MOD'
module finding

go 1.22

require (
	github.com/goccy/go-yaml v1.19.2
	go.yaml.in/yaml/v3 v3.0.4
	go.yaml.in/yaml/v4 v4.0.0
	sigs.k8s.io/yaml v1.6.0
)
MOD
cat >finding.go <<'GO'
package main

import (
	"fmt"

	goccy "github.com/goccy/go-yaml"
	v3 "go.yaml.in/yaml/v3"
	v4 "go.yaml.in/yaml/v4"
	sigs "sigs.k8s.io/yaml"
)

const text = "to: +15550100101\nextension: 0155\npin: 1e5\n"

type phone struct{ To, Extension, Pin string }

func main() {
	var a, b, c, d phone
	fmt.Println("go.yaml.in/yaml/v3", v3.Unmarshal([]byte(text), &a), a)
	fmt.Println("go.yaml.in/yaml/v4", v4.Unmarshal([]byte(text), &b), b)
	fmt.Println("goccy/go-yaml", goccy.Unmarshal([]byte(text), &c), c)
	fmt.Println("sigs.k8s.io/yaml", sigs.Unmarshal([]byte(text), &d), d)
}
GO
export GOFLAGS=-mod=mod GOPATH="$folder/go"
go build -o finding finding.go 2>go.log || { cat go.log >&2; exit 1; }
echo "version: goccy/go-yaml v1.19.2, go.yaml.in/yaml v3.0.4 and v4.0.0, sigs.k8s.io/yaml v1.6.0"
echo "guess: {+15550100101 0155 1e5} or an error."
seen=$(./finding)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
go.yaml.in/yaml/v3 <nil> {+15550100101 0155 1e5}
go.yaml.in/yaml/v4 <nil> {+15550100101 0155 1e5}
goccy/go-yaml <nil> {15550100101 109 1e5}
sigs.k8s.io/yaml <nil> {15550100101 109 100000}
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

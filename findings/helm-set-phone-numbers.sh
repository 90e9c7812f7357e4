#!/usr/bin/env bash
# Guess: helm --set to=+12025550101 gives the chart that text: only bare digits, true, false, and null are more than text, and 0042 stays text.
# Seen:  it is a number, and a template shows 12025550101 without the plus; in a list of numbers as well. The same line in a values file, unquoted,
#        shows 1.2025550101e+10, and 0042 there is 34. --set-string and --set-literal keep the text.
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
cat >go.mod <<'MOD'
module finding

go 1.26

require (
	helm.sh/helm/v4 v4.3.1
	sigs.k8s.io/yaml v1.6.0
)
MOD
cat >finding.go <<'GO'
package main

import (
	"fmt"
	"os"
	"text/template"

	"helm.sh/helm/v4/pkg/strvals"
	"sigs.k8s.io/yaml"
)

var chart = template.Must(template.New("chart").Parse("to: {{ .to }}, pin: {{ .pin }}, backup: {{ .backup }}\n"))

// file reads values as helm's common.ReadValues does.
func file(text string) (map[string]any, error) {
	values := map[string]any{}
	return values, yaml.Unmarshal([]byte(text), &values)
}

func show(name string, values map[string]any, err error) {
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s: ", name)
	if err := chart.Execute(os.Stdout, values); err != nil {
		panic(err)
	}
}

func main() {
	const text = "to=+12025550101,pin=0042,backup={+12025550102,+12025550103}"
	values, err := strvals.Parse(text)
	show("--set", values, err)
	values, err = strvals.ParseString(text)
	show("--set-string", values, err)
	values, err = file("to: +12025550101\npin: 0042\nbackup: [+12025550102, +12025550103]\n")
	show("values file", values, err)
	values, err = file("to: '+12025550101'\npin: '0042'\nbackup: ['+12025550102', '+12025550103']\n")
	show("values file with quotes", values, err)
}
GO
export GOFLAGS=-mod=mod GOPATH="$folder/go"
go build -o finding finding.go 2>go.log || { cat go.log >&2; exit 1; }
echo "version: helm.sh/helm/v4 v4.3.1"
echo "guess: to: +12025550101, pin: 0042, backup: [+12025550102 +12025550103] for the first two and the last."
seen=$(./finding)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
--set: to: 12025550101, pin: 0042, backup: [12025550102 12025550103]
--set-string: to: +12025550101, pin: 0042, backup: [+12025550102 +12025550103]
values file: to: 1.2025550101e+10, pin: 34, backup: [1.2025550102e+10 1.2025550103e+10]
values file with quotes: to: +12025550101, pin: 0042, backup: [+12025550102 +12025550103]
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

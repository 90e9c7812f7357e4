#!/usr/bin/env bash
# Guess: Dublin has summer time in July and none in January for each library that says so: the clocks of Ireland go forward in March with London's.
# Seen:  in Go IsDST is true in January and false in July, and in Python dst() is minus one hour in January and zero in July: by Irish law the
#        summer's is the standard time. Luxon and Moment say July. Code that takes "not in DST" for winter is wrong for Ireland in two languages.
set -eu
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check tzdata==2026.6
npm install --silent --no-fund --no-audit luxon@3.7.2 moment-timezone@0.6.6
cat >go.mod <<'MOD'
module finding

go 1.26
MOD
cat >zones.go <<'GO'
package main

import (
	"fmt"
	"time"
)

func main() {
	for _, name := range []string{"Europe/London", "Europe/Dublin"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			panic(err)
		}
		for _, month := range []time.Month{time.January, time.July} {
			at := time.Date(2026, month, 15, 12, 0, 0, 0, zone)
			fmt.Println("Go:", name, month, at.Format("-07:00"), at.IsDST())
		}
	}
}
GO
go build -o zones zones.go
cat >zones.mjs <<'JS'
import { DateTime } from "luxon";
import moment from "moment-timezone";
for (const zone of ["Europe/London", "Europe/Dublin"]) {
  for (const month of [1, 7]) {
    const at = DateTime.fromObject({ year: 2026, month, day: 15, hour: 12 }, { zone });
    console.log("Luxon and Moment:", zone, at.monthLong, at.toFormat("ZZ"), at.isInDST, moment.tz(at.toMillis(), zone).isDST());
  }
}
JS
echo "version: tzdata==2026.6 luxon@3.7.2 moment-timezone@0.6.6, $(go env GOVERSION)"
echo "guess: the same for Dublin as for London."
export PYTHONTZPATH=""
seen=$(
  venv/bin/python - <<'PY'
from datetime import datetime
from zoneinfo import ZoneInfo

for zone in ("Europe/London", "Europe/Dublin"):
    for month in (1, 7):
        at = datetime(2026, month, 15, 12, tzinfo=ZoneInfo(zone))
        print("Python:", zone, f"{at:%B}", at.isoformat()[-6:], "dst", int(at.dst().total_seconds()))
PY
  ZONEINFO=$(echo venv/lib/python3*/site-packages/tzdata/zoneinfo) ./zones
  LC_ALL=C node zones.mjs
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
Python: Europe/London January +00:00 dst 0
Python: Europe/London July +01:00 dst 3600
Python: Europe/Dublin January +00:00 dst -3600
Python: Europe/Dublin July +01:00 dst 0
Go: Europe/London January +00:00 false
Go: Europe/London July +01:00 true
Go: Europe/Dublin January +00:00 true
Go: Europe/Dublin July +01:00 false
Luxon and Moment: Europe/London January +00:00 false false
Luxon and Moment: Europe/London July +01:00 true true
Luxon and Moment: Europe/Dublin January +00:00 false false
Luxon and Moment: Europe/Dublin July +01:00 true true
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

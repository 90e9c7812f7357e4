#!/usr/bin/env bash
# Guess: libraries that list the days off of a country agree on those of the United States and of Ireland for three years: both are written in the law, with
#        the working day that takes the place of one on a weekend. So a rota or a greeting can go by any of them.
# Seen:  no two of three agree on weekdays. workalendar has no Juneteenth unless asked for, and no Saint Brigid's Day, and gives Ireland substitutes that holidays
#        does not have. In date-holidays a substitute is of the type "public" for one day and "bank" for another: who takes the public ones has
#        the Friday before Independence Day 2026 off, and works on the Friday before Veterans Day 2028.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check holidays==0.109 workalendar==17.0.0
npm install --silent --no-fund --no-audit date-holidays@3.37.0
cat >days.cjs <<'JS'
const Holidays = require("date-holidays");
const days = {};
for (const country of ["US", "IE"]) {
  const calendar = new Holidays(country);
  const all = [2026, 2027, 2028].flatMap((year) => calendar.getHolidays(year));
  for (const type of ["public", "bank"]) {
    days[`${country} ${type}`] = all.filter((day) => day.type === type).map((day) => day.date.slice(0, 10));
  }
}
console.log(JSON.stringify(days));
JS
cat >compare.py <<'PY'
import json
from datetime import date

import holidays
from workalendar.registry import registry

YEARS = (2026, 2027, 2028)
SATURDAY = 5
others = json.load(open("days.json"))
for country in ("US", "IE"):
    calendar = registry.get(country)()
    days = {
        "holidays": {str(day) for day in holidays.country_holidays(country, years=YEARS)},
        "workalendar": {str(day) for year in YEARS for day, _ in calendar.holidays(year)},
        "date-holidays, public": set(others[f"{country} public"]),
        "date-holidays, bank": set(others[f"{country} bank"]),
    }
    for day in sorted(set().union(*days.values())):
        who = [name for name in days if day in days[name]]
        agree = set(who) >= {"holidays", "workalendar", "date-holidays, public"}
        if date.fromisoformat(day).weekday() < SATURDAY and not agree:
            print(country, day, date.fromisoformat(day).strftime("%a"), "|", "; ".join(who))
PY
echo "version: holidays==0.109 workalendar==17.0.0 date-holidays@3.37.0"
echo "guess: no weekday on which they differ."
seen=$(
  node days.cjs >days.json
  venv/bin/python compare.py
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
US 2026-06-19 Fri | holidays; date-holidays, public
US 2027-06-18 Fri | holidays; date-holidays, public
US 2028-06-19 Mon | holidays; date-holidays, public
US 2028-11-10 Fri | holidays; workalendar; date-holidays, bank
IE 2026-02-02 Mon | holidays; date-holidays, public
IE 2026-04-03 Fri | date-holidays, bank
IE 2026-12-28 Mon | workalendar; date-holidays, bank
IE 2027-02-01 Mon | holidays; date-holidays, public
IE 2027-03-26 Fri | date-holidays, bank
IE 2027-12-27 Mon | workalendar; date-holidays, bank
IE 2027-12-28 Tue | workalendar
IE 2028-01-03 Mon | workalendar
IE 2028-02-07 Mon | holidays; date-holidays, public
IE 2028-04-14 Fri | date-holidays, bank
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

#!/usr/bin/env bash
# Guess: a counter with attribute 7 and with "7", which are one label in Prometheus, gives one series; room.name beside room_name gives one
#        label with both values, as the specification says.
# Seen:  the same series is on the page twice with different values, in Python and in JavaScript; of two attributes, the first is lost in
#        Python, and JavaScript writes one label name twice.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check opentelemetry-sdk==1.45.2 opentelemetry-exporter-prometheus==0.66b2 prometheus-client==0.26.0
npm install --silent --no-fund --no-audit @opentelemetry/sdk-metrics@2.12.1 @opentelemetry/exporter-prometheus@0.223.0
cat >page.py <<'PY'
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import generate_latest

meter = MeterProvider(metric_readers=[PrometheusMetricReader()]).get_meter("calls")
placed = meter.create_counter("placed")
placed.add(1, {"room": 7})
placed.add(2, {"room": "7"})
meter.create_counter("ended").add(4, {"room.name": "sales", "room_name": "support"})
print(generate_latest().decode())
PY
cat >page.js <<'JS'
const { MeterProvider } = require("@opentelemetry/sdk-metrics");
const { PrometheusExporter, PrometheusSerializer } = require("@opentelemetry/exporter-prometheus");
const reader = new PrometheusExporter({ preventServerStart: true });
const meter = new MeterProvider({ readers: [reader] }).getMeter("calls");
const placed = meter.createCounter("placed");
placed.add(1, { room: 7 });
placed.add(2, { room: "7" });
meter.createCounter("ended").add(4, { "room.name": "sales", room_name: "support" });
reader.collect().then((page) => console.log(new PrometheusSerializer().serialize(page.resourceMetrics)));
JS
samples() { grep -E '^(placed|ended)_total' | sed -E 's/,?otel_scope_[a-z_]+="[^"]*",?//g'; }
echo "version: opentelemetry-sdk==1.45.2 @opentelemetry/sdk-metrics@2.12.1, exporters 0.66b2 and 0.223.0"
echo 'guess: placed_total{room="7"} 3 and ended_total{room_name="sales;support"} 4.'
seen=$(
  echo "Python"; venv/bin/python page.py | samples
  echo "JavaScript"; node page.js | samples
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
Python
placed_total{room="7"} 1.0
placed_total{room="7"} 2.0
ended_total{room_name="support"} 4.0
JavaScript
placed_total{room="7"} 1
placed_total{room="7"} 2
ended_total{room_name="sales",room_name="support"} 4
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }

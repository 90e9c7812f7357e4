"""Definitions of metrics. No label holds a person, number or SID.

A label holds a room only of exposures, and only if its name has no digit.
"""

from typing import Final

from msgspec import Struct
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
)

from reconciler.telemetry.histogram import SingleThreadHistogram

_QUICK: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_LONG: Final = (0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0)


class Instruments(Struct, frozen=True):
    """All of them, in one registry of their own."""

    registry: CollectorRegistry
    build: Info
    queue_depth: Gauge
    running: Gauge
    runs: Counter
    run_seconds: Histogram
    rooms: Gauge
    drift_seconds: Histogram
    drift_oldest: Gauge
    converge_seconds: Histogram
    actions: Counter
    attempts: Counter
    withheld: Gauge
    exposed_seconds: Counter
    overheard_seconds: Counter
    refused_files: Gauge
    observation_age: Gauge
    troubles: Counter
    requests: Counter
    request_seconds: SingleThreadHistogram
    paused_seconds: Gauge
    pauses: Counter
    looks_needed: Gauge
    looks_possible: Gauge
    webhooks: Counter
    webhook_lag: Histogram
    notifications: Counter
    ready: Gauge
    alive: Gauge
    loop_silence: Gauge
    ticker_silence: Gauge
    oldest_run: Gauge
    clean_age: Gauge
    credentials_refused: Gauge


def make_instruments() -> Instruments:
    """New ones, all at nothing; memory and files of the process are beside them."""
    to = CollectorRegistry()
    ProcessCollector(registry=to)
    request_seconds = SingleThreadHistogram(
        "reconciler_twilio_request_seconds",
        "Duration of requests to Twilio.",
        "operation",
        _QUICK,
    )
    to.register(request_seconds)
    return Instruments(
        registry=to,
        build=Info("reconciler_build", "Version of this process.", registry=to),
        queue_depth=Gauge("reconciler_queue_depth", "Rooms waiting for a run, by priority.", ["lane"], registry=to),
        running=Gauge("reconciler_runs_running", "Runs in progress.", registry=to),
        runs=Counter("reconciler_runs", "Runs that ended, by result.", ["result"], registry=to),
        run_seconds=Histogram("reconciler_run_seconds", "Duration of runs, except of converged rooms without changes.", buckets=_QUICK, registry=to),
        rooms=Gauge("reconciler_rooms", "Rooms by state when last read.", ["state"], registry=to),
        drift_seconds=Histogram("reconciler_drift_seconds", "Duration of drift of a field, from its detection.", ["field"], buckets=_LONG, registry=to),
        drift_oldest=Gauge("reconciler_drift_oldest_seconds", "Age of the oldest current drift, from its detection.", registry=to),
        converge_seconds=Histogram("reconciler_converge_seconds", "Time until a room converged, from the detection of the difference.", buckets=_LONG, registry=to),
        actions=Counter("reconciler_actions", "Actions by verb and outcome.", ["verb", "outcome"], registry=to),
        attempts=Counter("reconciler_attempts", "Calls placed, by outcome.", ["outcome"], registry=to),
        exposed_seconds=Counter("reconciler_exposed_seconds", "Seconds for which people were audible to their room, by room; rooms with a digit in their name are other.", ["room"], registry=to),
        overheard_seconds=Counter("reconciler_overheard_seconds", "Seconds for which people were audible beyond what is declared, by room and cause.", ["room", "cause"], registry=to),
        withheld=Gauge("reconciler_withheld_actions", "Actions waiting for approval.", registry=to),
        refused_files=Gauge("reconciler_refused_files", "Roster files with errors; their rooms keep the previous rosters.", registry=to),
        observation_age=Gauge("reconciler_observation_age_seconds", "Age of the oldest complete observation among managed rooms; rooms never read count from their first load.", registry=to),
        troubles=Counter("reconciler_troubles", "Errors in runs or in the loop that were recovered from.", ["result"], registry=to),
        requests=Counter("reconciler_twilio_requests", "Requests to Twilio by operation and HTTP status (0: no answer).", ["operation", "code"], registry=to),
        request_seconds=request_seconds,
        paused_seconds=Gauge("reconciler_budget_paused_seconds", "Seconds until requests are sent again, after Twilio asked to wait.", registry=to),
        pauses=Counter("reconciler_budget_pauses", "Times that Twilio asked to wait (429).", registry=to),
        looks_needed=Gauge("reconciler_looks_needed", "Reads per second that the resync periods need.", registry=to),
        looks_possible=Gauge("reconciler_looks_possible", "Reads per second that are possible.", registry=to),
        webhooks=Counter("reconciler_webhooks", "Webhooks by event and result.", ["event", "result"], registry=to),
        webhook_lag=Histogram("reconciler_webhook_lag_seconds", "Age of webhooks on arrival, by Twilio's timestamp.", buckets=_LONG, registry=to),
        notifications=Counter("reconciler_notifications", "Deliveries of notifications by result and target.", ["result", "target"], registry=to),
        ready=Gauge("reconciler_ready", "1 if /readyz succeeds.", registry=to),
        alive=Gauge("reconciler_alive", "1 if /livez succeeds.", registry=to),
        loop_silence=Gauge("reconciler_loop_silence_seconds", "Seconds since the loop last moved.", registry=to),
        ticker_silence=Gauge("reconciler_ticker_silence_seconds", "Seconds since the ticker last moved.", registry=to),
        oldest_run=Gauge("reconciler_oldest_run_seconds", "Duration so far of the longest run.", registry=to),
        clean_age=Gauge("reconciler_last_clean_run_seconds", "Seconds since the last successful run, or since the start.", registry=to),
        credentials_refused=Gauge("reconciler_credentials_refused", "1 while Twilio refuses the credentials.", registry=to),
    )  # fmt: skip

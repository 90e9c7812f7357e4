"""Spans of real commands as a collector gets them."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from reconciler.bootstrap.tracing_source import exporter_secrets
from tests.cli.conftest import LINE, SID, TOKEN, World
from tests.cli.daemon_process import converged, daemon
from tests.doubles.trace_collector import TraceCollector, collecting
from tests.ports import free_port
from tests.waiting import until

PASSWORD = "keep-this-to-yourself"
SECRET_ROSTER = LINE.replace(
    'cara: {to: "sip:cara@example.com", hold: true}',
    'cara: {to: "sip:cara@example.com", hold: true, sip_auth_username: cara, '
    'sip_auth_password: "${ROSTER_PASSWORD}"}',
).replace("conference: line", 'conference: "line +15559990000"')


@pytest.fixture
def collector(world: World) -> Iterator[TraceCollector]:
    with collecting() as collector:
        world.environ |= {
            "RECONCILER_TRACING": "yes",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20exporters-own",
            "ROSTER_PASSWORD": PASSWORD,
        }
        yield collector


def parents(collector: TraceCollector, name: str) -> set[str]:
    by_id = {each.span_id: each.name for each in collector.spans()}
    return {by_id.get(each.parent_span_id, "") for each in collector.named(name)}


def test_a_sync_exports_passes_requests_and_sql_without_secrets(
    world: World, collector: TraceCollector
) -> None:
    world.write(SECRET_ROSTER)

    done = world.run("sync")

    assert done.code == 0, done.err
    assert len(world.creates()) == 5
    assert parents(collector, "create participant") == {"pass"}
    assert "pass" in parents(collector, "list participants")
    assert any(each.name.startswith("SQL ") for each in collector.spans())
    sent = b"".join(collector.bodies)
    for secret in (PASSWORD, TOKEN, SID, "15551230001", "15559990000", "cara"):
        assert secret.encode() not in sent, secret
    assert b"service.name" in sent
    assert "exporters-own" in collector.headers[0]


@pytest.mark.process
def test_a_daemon_links_a_webhook_with_its_pass_and_logs_the_trace(
    world: World, collector: TraceCollector
) -> None:
    world.write(LINE)
    world.environ["OTEL_BSP_SCHEDULE_DELAY"] = "50"
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    words = ("--public-url", url, "--listen", f"127.0.0.1:{port}", "--resync", "1h")
    with daemon(world, *words) as process:
        until(converged(world))
        world.tell("change", who="bob", muted=False)
        until(converged(world))
        assert process.end() == 0

    webhooks = {each.span_id for each in collector.named("webhook")}
    linked = {x.span_id for each in collector.named("pass") for x in each.links}
    assert webhooks & linked
    traces = {each.trace_id.hex() for each in collector.named("pass")}
    log = process.log.read_text("utf-8")
    assert any(each in log for each in traces)
    assert "exporters-own" not in log


def test_a_collector_that_does_not_answer_delays_nothing(
    world: World, collector: TraceCollector
) -> None:
    world.write(LINE)

    done = world.run(
        "sync", OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{free_port()}"
    )

    assert done.code == 0, done.err
    assert collector.bodies == []


@pytest.mark.process
def test_nothing_of_it_is_imported_while_it_is_off(world: World) -> None:
    world.write(LINE)
    code = (
        "import sys; from reconciler.cli.main import _run; sys.argv[1:] = ['plan']; "
        "_run(); print([x for x in sys.modules if x.startswith('opentelemetry')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=world.folder,
        env=world.env(),
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.splitlines()[-1] == "[]"


def test_the_headers_of_the_exporter_are_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "a=one, authorization=two=3,")

    assert exporter_secrets() == ("one", "two=3")


def test_tracing_without_the_extra_names_what_to_install(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.write(LINE)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk", None)

    done = world.run("plan", RECONCILER_TRACING="yes")

    assert done.code == 78
    assert "pip install 'conference-reconciler[otel]'" in done.err


def test_a_wrong_word_for_tracing_is_refused(world: World) -> None:
    done = world.run("plan", RECONCILER_TRACING="on")

    assert done.code == 78
    assert "RECONCILER_TRACING is 'on'" in done.err

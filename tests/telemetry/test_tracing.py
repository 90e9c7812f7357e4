"""Spans, by the SDK's exporter in memory."""

import io
import json
import logging
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import yaml
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, format_span_id, format_trace_id

from reconciler.store.queries import accounts
from reconciler.telemetry import tracing as tracing_module
from reconciler.telemetry.logs import logging_to
from reconciler.telemetry.tracing import MAX_LINKED_ROOMS, MAX_LINKS, Tracing

DEPLOY = Path(__file__).parents[2] / "deploy"
NUMBER = "+15551230001"


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def tracing(exporter: InMemorySpanExporter) -> Iterator[Tracing]:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing = Tracing(provider, "1")
    yield tracing
    tracing.close()


def spans(exporter: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {each.name: each for each in exporter.get_finished_spans()}


def test_requests_and_sql_of_a_pass_are_below_its_span(
    tracing: Tracing, exporter: InMemorySpanExporter
) -> None:
    with tracing.visiting("line", "webhook join"):
        tracing.request("list participants", "GET", 200, 0.25, "RQ1")
        with tracing.transacting(partial(accounts.bound)):
            pass

    found = spans(exporter)
    whole = found["pass"]
    request, sql = found["list participants"], found["SQL bound"]
    assert whole.parent is None
    for each in (request, sql):
        assert each.parent is not None
        assert each.parent.span_id == whole.context.span_id
    assert request.kind is SpanKind.CLIENT
    assert (request.end_time or 0) - (request.start_time or 0) == 250_000_000
    assert request.attributes == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "twilio.request_id": "RQ1",
    }
    assert whole.attributes is not None
    assert whole.attributes["reconciler.room"] == "line"
    assert whole.attributes["reconciler.cause"] == "webhook join"


def test_a_pass_is_linked_with_the_webhooks_that_asked_for_it_and_only_once(
    tracing: Tracing, exporter: InMemorySpanExporter
) -> None:
    tracing.webhook("line", "participant-join")
    tracing.webhook("other", "participant-leave")
    with tracing.visiting("line", None):
        pass
    with tracing.visiting("line", None):
        pass

    webhook, _, first, second = exporter.get_finished_spans()
    assert [each.context.span_id for each in first.links] == [webhook.context.span_id]
    assert first.context.trace_id != webhook.context.trace_id
    assert second.links == ()


def test_links_are_bounded(tracing: Tracing, exporter: InMemorySpanExporter) -> None:
    for _ in range(MAX_LINKS + 5):
        tracing.webhook("line", "participant-join")
    for number in range(MAX_LINKED_ROOMS - 1):
        tracing.webhook(f"room {number}", "participant-join")
    exporter.clear()
    with tracing.visiting("line", None):
        pass
    [whole] = exporter.get_finished_spans()
    assert len(whole.links) == MAX_LINKS

    for number in range(MAX_LINKED_ROOMS + 1):
        tracing.webhook(f"new {number}", "participant-join")
    exporter.clear()
    with tracing.visiting("new 0", None):
        pass
    [whole] = exporter.get_finished_spans()
    assert whole.links == ()


def test_an_error_marks_its_spans_with_the_number_masked(
    tracing: Tracing, exporter: InMemorySpanExporter
) -> None:
    tracing.request("create participant", "POST", 0, 1.0, None)
    tracing.request("list calls", "GET", 429, 1.0, None)
    with pytest.raises(ValueError, match="refused"):
        _fail(tracing)

    for each in exporter.get_finished_spans():
        assert not each.status.is_ok
        text = each.to_json()
        assert NUMBER not in text
        assert each.events == ()
    assert "refused" in (spans(exporter)["pass"].status.description or "")
    assert spans(exporter)["create participant"].status.description == "no answer"


def _fail(tracing: Tracing) -> None:
    with tracing.visiting(NUMBER, NUMBER), tracing.transacting(int):
        raise ValueError(f"{NUMBER} is refused")


def test_log_lines_of_a_pass_name_its_trace(
    tracing: Tracing, exporter: InMemorySpanExporter
) -> None:
    out, log = io.StringIO(), logging.getLogger("reconciler.loop")
    with logging_to(out, secrets=()):
        with tracing.visiting("line", None):
            log.info("during")
        log.info("after")

    during, after = map(json.loads, out.getvalue().splitlines())
    [whole] = exporter.get_finished_spans()
    assert during["trace_id"] == format_trace_id(whole.context.trace_id)
    assert during["span_id"] == format_span_id(whole.context.span_id)
    assert "trace_id" not in after


def test_the_collectors_pipeline_uses_what_its_file_defines() -> None:
    config = yaml.safe_load((DEPLOY / "otel-collector.yaml").read_text("utf-8"))

    for pipeline in config["service"]["pipelines"].values():
        for part in ("receivers", "processors", "exporters"):
            assert set(pipeline[part]) == set(config[part])
    address = config["receivers"]["otlp"]["protocols"]["http"]["endpoint"]
    page = (DEPLOY.parent / "docs/tracing.md").read_text("utf-8")
    assert f"OTEL_EXPORTER_OTLP_ENDPOINT=http://{address}" in page


def test_the_page_names_every_attribute() -> None:
    page = (DEPLOY.parent / "docs/tracing.md").read_text("utf-8")
    code = Path(tracing_module.__file__).read_text("utf-8")
    names = set(re.findall(r'"((?:reconciler|http|twilio)\.[a-z_.]+)"', code))

    assert len(names) > 10
    assert {each for each in names if f"`{each}`" not in page} == set()

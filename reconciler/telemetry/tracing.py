"""OpenTelemetry: spans of passes, of their requests and of their SQL.

Imported only where tracing is on. Attributes hold no secret and no whole phone number:
names of rooms and messages are masked, and neither URLs nor forms nor SQL values are
noted.
"""

import os
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from threading import Thread
from typing import Final

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import (
    Link,
    Span,
    SpanKind,
    Status,
    StatusCode,
    format_span_id,
    format_trace_id,
    get_current_span,
)

from reconciler.engine.loop.observer import NullObserver
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.model.masking import mask
from reconciler.telemetry.logs import TRACE_FIELDS

MAX_LINKED_ROOMS: Final = 4096
MAX_LINKS: Final = 16
"""Rooms whose webhooks are remembered until their next pass, and webhooks a room."""

CLOSE_SECONDS: Final = 3.0
"""Seconds within which what was noted is to be exported at the end."""

_FAILED_STATUS: Final = 400


def exporting(version: str) -> TracerProvider:
    """A provider that sends spans by OTLP over HTTP, as the OTEL_… variables say."""
    resource = Resource.create(_service(version))
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


def _service(version: str) -> dict[str, str]:
    """What the spans are of, unless the environment says."""
    named = "service.name=" in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    name = (
        {}
        if named or os.environ.get("OTEL_SERVICE_NAME")
        else {"service.name": "reconciler"}
    )
    return {"service.version": version, **name}


class Tracing(NullObserver):
    """Spans by *provider*, which is closed with this.

    Its methods are hooks of the engine, the Twilio client, the store and the
    webhooks.
    """

    def __init__(self, provider: TracerProvider, version: str) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("reconciler", version)
        self._links: OrderedDict[str, list[Link]] = OrderedDict()

    @contextmanager
    def visiting(self, room: str, cause: str | None) -> Iterator[None]:
        """The span of a pass over *room*, linked with the webhooks that asked for it."""
        with self._tracer.start_as_current_span(
            "pass",
            context=Context(),
            links=self._links.pop(room, ()),
            attributes={
                "reconciler.room": mask(room),
                "reconciler.cause": mask(cause or ""),
            },
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            token = TRACE_FIELDS.set(_ids(span))
            try:
                yield
            except Exception as error:
                _fail(span, error)
                raise
            finally:
                TRACE_FIELDS.reset(token)

    def on_evaluated(
        self,
        result: ReconcileResult,
        drift: Collection[str],  # noqa: ARG002 - ControllerObserver
        at: float,  # noqa: ARG002 - ControllerObserver
    ) -> None:
        """Note it on the span of its pass."""
        self.evaluated(result)

    def evaluated(self, result: ReconcileResult) -> None:
        """What an observation came to, on the span of its pass."""
        plan = result.evaluation.plan
        span = get_current_span()
        span.set_attributes(
            {
                "reconciler.state": str(result.state),
                "reconciler.generation": plan.generation,
                "reconciler.run": result.run,
                "reconciler.actions": len(plan.actions),
                "reconciler.withheld": len(plan.withheld),
            }
        )
        for outcome in result.outcomes:
            span.add_event(
                "action",
                {
                    "reconciler.verb": str(outcome.action.verb),
                    "reconciler.result": str(outcome.result),
                },
            )

    def request(
        self,
        operation: str,
        method: str,
        status: int,
        seconds: float,
        request_id: str | None,
    ) -> None:
        """A request that is over; see ``twilio.http.timing.OnRequest``."""
        ended = time.time_ns()  # a span has times of the wall clock
        span = self._tracer.start_span(
            operation,
            kind=SpanKind.CLIENT,
            start_time=ended - int(seconds * 1e9),
            attributes={
                "http.request.method": method,
                **({"http.response.status_code": status} if status else {}),
                **({"twilio.request_id": request_id} if request_id else {}),
            },
        )
        if not status or status >= _FAILED_STATUS:
            span.set_status(Status(StatusCode.ERROR, "" if status else "no answer"))
        span.end(ended)

    @contextmanager
    def transacting(self, work: Callable[..., object]) -> Iterator[None]:
        """The span of a transaction that does *work*."""
        with self._tracer.start_as_current_span(
            f"SQL {_name(work)}",
            kind=SpanKind.CLIENT,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield
            except Exception as error:
                _fail(span, error)
                raise

    def webhook(self, room: str, event: str) -> None:
        """A webhook that asks for a pass over *room*, which is linked with it."""
        span = self._tracer.start_span(
            "webhook",
            context=Context(),
            kind=SpanKind.SERVER,
            attributes={"reconciler.room": mask(room), "twilio.event": event},
        )
        span.end()
        links = self._links.setdefault(room, [])
        if len(links) < MAX_LINKS:
            links.append(Link(span.get_span_context()))
        if len(self._links) > MAX_LINKED_ROOMS:
            self._links.popitem(last=False)

    def close(self) -> None:
        """Export what was noted, for a few seconds at most."""
        closing = Thread(target=self._provider.shutdown, daemon=True)
        closing.start()
        closing.join(CLOSE_SECONDS)


def _ids(span: Span) -> Mapping[str, str]:
    """The ids of a span that is exported, as fields of log lines."""
    found = span.get_span_context()
    if not span.is_recording():
        return {}
    return {
        "trace_id": format_trace_id(found.trace_id),
        "span_id": format_span_id(found.span_id),
    }


def _fail(span: Span, error: Exception) -> None:
    span.set_status(Status(StatusCode.ERROR, mask(f"{type(error).__name__}: {error}")))


def _name(work: Callable[..., object]) -> str:
    """The function that *work* is, or is made by."""
    inner = getattr(work, "func", work)
    name = getattr(inner, "__qualname__", type(inner).__name__)
    return str(name).partition(".<locals>")[0]

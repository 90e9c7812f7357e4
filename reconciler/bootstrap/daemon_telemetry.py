"""What counts and remembers while the daemon runs."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from reconciler import __version__
from reconciler.bootstrap.environment import now
from reconciler.engine.loop.check_recorder import CheckRecorder
from reconciler.engine.loop.observer import ControllerObserver
from reconciler.page.latest_evaluations import LatestEvaluations
from reconciler.telemetry.health import StallThresholds, Vitals
from reconciler.telemetry.log_observer import FanOutObserver, LogObserver
from reconciler.telemetry.metrics import Metrics
from reconciler.twilio.http.timing import OnRequest
from reconciler.webhooks.call_index import CallIndex

if TYPE_CHECKING:
    from reconciler.telemetry.tracing import Tracing


class DaemonTelemetry(Struct):
    """What counts and remembers while the loop runs."""

    metrics: Metrics
    call_index: CallIndex
    latest: LatestEvaluations | None = None
    tracing: "Tracing | None" = None

    def observer(self, checks: CheckRecorder) -> ControllerObserver:
        """What hears of the loop."""
        latest = () if self.latest is None else (self.latest,)
        others = (self.metrics, self.call_index, checks, *latest)
        traced = () if self.tracing is None else (self.tracing,)
        return FanOutObserver((LogObserver(), *others, *traced))

    @property
    def on_request(self) -> OnRequest:
        """What hears of requests to Twilio, once ``tracing`` is set."""
        return self.metrics.request if self.tracing is None else self._traced_request

    def _traced_request(
        self,
        operation: str,
        method: str,
        status: int,
        seconds: float,
        request_id: str | None,
    ) -> None:
        self.metrics.request(operation, method, status, seconds, request_id)
        if self.tracing is not None:
            self.tracing.request(operation, method, status, seconds, request_id)


def daemon_telemetry(
    vitals: Callable[[], Vitals], latest: LatestEvaluations | None = None
) -> DaemonTelemetry:
    metrics = Metrics(
        clock=now,
        vitals=vitals,
        limits=StallThresholds(),
        version=__version__,
    )
    return DaemonTelemetry(metrics, CallIndex(), latest)

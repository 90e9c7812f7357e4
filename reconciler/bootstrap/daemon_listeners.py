"""What the daemon listens on: webhooks and calls, health and metrics."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack

from msgspec import Struct
from starlette.applications import Starlette

from reconciler.bootstrap.daemon_options import DaemonOptions
from reconciler.bootstrap.daemon_telemetry import DaemonTelemetry
from reconciler.bootstrap.environment import now, secrets
from reconciler.bootstrap.policy_source import PolicySource
from reconciler.bootstrap.scale_out import ScaleOut
from reconciler.bootstrap.service import Daemon
from reconciler.engine.loop.controller import Controller
from reconciler.engine.loop.work_queue import Priority
from reconciler.engine.room.answer_call import CallAnswerer
from reconciler.model.errors import SettingError
from reconciler.model.recorded_observation import LegEvent
from reconciler.model.reference import revealed
from reconciler.model.reported_call import ReportedCall
from reconciler.model.roster import Fields
from reconciler.server.allowed_hosts import AllowedHosts
from reconciler.server.listener import Brief, Listener, listen, serve
from reconciler.server.thread_listener import ThreadedListener
from reconciler.settings import Settings
from reconciler.store.store import SqlStore
from reconciler.telemetry.health import StallThresholds, admin_app
from reconciler.telemetry.metrics import Metrics
from reconciler.twilio.provider import with_callbacks
from reconciler.webhooks.account_rooms import AccountRooms
from reconciler.webhooks.event_stream_receiver import EventStreamReceiver
from reconciler.webhooks.public_url import EVENT_STREAMS, callbacks
from reconciler.webhooks.receiver import Webhooks, webhook_app
from reconciler.webhooks.signature import UNSIGNED, Verifier
from reconciler.webhooks.voice import VoiceWebhook

CLOSE_SECONDS = 2.0
"""Seconds at the end for runs, then for listeners."""

EXPOSE_SECONDS = 5.0
"""Seconds within which the loop has to give its figures."""

UNREACHABLE = (
    "RECONCILER_EVENT_STREAMS is yes, but Twilio cannot reach the daemon: give "
    "--public-url (RECONCILER_PUBLIC_URL), or unset RECONCILER_EVENT_STREAMS"
)


def make_webhooks(
    accounts: Mapping[str, Settings],
    url: str,
    controllers: Mapping[str, Controller],
    telemetry: DaemonTelemetry,
    scale: ScaleOut | None = None,
) -> Webhooks:
    """What takes webhooks in, for accounts by name.

    SettingError if none has a secret to verify them with.
    """
    rooms = [
        _account_rooms(name, of, controllers[name], telemetry, scale)
        for name, of in accounts.items()
        if _signing(of)
    ]
    if not rooms:
        raise SettingError(UNSIGNED)
    return Webhooks(
        public_url=url,
        accounts=rooms,
        tally=telemetry.metrics,
        clock=now,
        room_of=telemetry.call_index.room_of,
    )


def _account_rooms(
    name: str,
    of: Settings,
    controller: Controller,
    telemetry: DaemonTelemetry,
    scale: ScaleOut | None,
) -> AccountRooms:
    def heard(room: str, conference_sid: str) -> None:
        if not controller.is_elsewhere(room):
            controller.heard(room, conference_sid)
        elif scale is not None:
            scale.heard(room, conference_sid)

    def leg_heard(room: str, event: LegEvent) -> None:
        controller.leg_event(room, event)
        if scale is not None and controller.is_elsewhere(room):
            scale.leg_event(room, event)

    def report(room: str, call: ReportedCall) -> bool:
        if scale is not None and controller.is_elsewhere(room):
            scale.reported_call(room, call)
            return True
        return controller.reported_call(room, call)

    def mark(room: str, lane: Priority, event: str) -> None:
        cause = f"webhook {event}"
        if telemetry.tracing is not None:
            telemetry.tracing.webhook(room, event)
        if not controller.mark(room, lane, cause) and scale is not None:
            scale.mark(room, lane, cause)

    sid, verify = of.account_sid or "", Verifier(_signing(of))
    knows = controller.knows
    return AccountRooms(name, sid, verify, knows, mark, heard, leg_heard, report)


def _signing(of: Settings) -> tuple[str, ...]:
    """What Twilio signs the account's webhooks with."""
    return tuple(x for x in (of.auth_token, *of.webhook_secrets) if x)


def voice_webhook(
    hooks: Webhooks, store: SqlStore, policy: PolicySource
) -> VoiceWebhook:
    """What answers calls: from SQL, with callbacks that lead here."""
    secret = secrets(lambda: policy.current)

    def complete(said: Fields) -> Fields:
        return revealed(with_callbacks(said, callbacks(hooks.public_url)), secret)

    return VoiceWebhook(hooks, CallAnswerer(store, now).answer, complete)


class WebhookEndpoints(Struct, frozen=True):
    """What takes requests of Twilio in."""

    voice: VoiceWebhook
    event_streams: EventStreamReceiver | None = None

    def app(self) -> Starlette:
        streams = self.event_streams
        receive = streams.receive if streams is not None else None
        return webhook_app(self.voice.webhooks, self.voice.respond, receive)


async def open_listeners(
    stack: AsyncExitStack,
    options: DaemonOptions,
    daemon: Daemon,
    metrics: Metrics,
    endpoints: WebhookEndpoints | None,
) -> list[str]:
    lines: list[str] = []
    admin = listen(options.admin, "--admin-listen")
    webhook_socket = listen(options.listen, "--listen") if endpoints else None
    app = admin_app(daemon.vitals, _asked_of_the_loop(metrics), StallThresholds())
    admin_listener = ThreadedListener(AllowedHosts(app, options.admin_hosts), admin)
    stack.push_async_callback(asyncio.to_thread, admin_listener.close, CLOSE_SECONDS)
    lines.append(f"health and metrics at {admin_listener.url}")
    if endpoints is not None and webhook_socket is not None:
        hooks, streams = endpoints.voice.webhooks, endpoints.event_streams
        listener = serve(endpoints.app(), webhook_socket, Brief)
        stack.push_async_callback(_closing(listener))
        lines.append(f"webhooks at {listener.url}, public URL {hooks.public_url}")
        if streams is not None:
            lines.append(f"Event Streams: sink {hooks.public_url}{EVENT_STREAMS}")
    return lines


def _asked_of_the_loop(metrics: Metrics) -> Callable[[], tuple[bytes, str]]:
    """The exposition for another thread: only the loop may look at its figures."""
    loop = asyncio.get_running_loop()

    async def expose() -> tuple[bytes, str]:
        return metrics.exposition()

    def ask() -> tuple[bytes, str]:
        asked = asyncio.run_coroutine_threadsafe(expose(), loop)
        try:
            return asked.result(EXPOSE_SECONDS)
        except TimeoutError:
            asked.cancel()
            return b"# the loop does not answer\n", "text/plain"

    return ask


def _closing(listener: Listener) -> Callable[[], Awaitable[None]]:
    return lambda: listener.close(CLOSE_SECONDS)

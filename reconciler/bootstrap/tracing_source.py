"""Opens tracing where it is set, and says what must not be shown of its settings."""

import importlib.util
import os
from contextlib import AbstractContextManager, closing, nullcontext
from typing import TYPE_CHECKING

from reconciler import __version__
from reconciler.model.errors import SettingError
from reconciler.settings import Settings

if TYPE_CHECKING:
    from reconciler.telemetry.tracing import Tracing

_HEADERS = ("OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS")
_NEEDED = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")


def open_tracing(of: Settings) -> "AbstractContextManager[Tracing | None]":
    """Tracing while the context is open; None, and nothing imported, if it is off.

    SettingError if the extra is not installed.
    """
    if not of.tracing:
        return nullcontext()
    if not all(map(_installed, _NEEDED)):
        raise SettingError(
            "RECONCILER_TRACING is yes, but OpenTelemetry is not installed. To install: "
            "pip install 'conference-reconciler[otel]'"
        )
    from reconciler.telemetry.tracing import (  # noqa: PLC0415 - only where it is on
        Tracing,
        exporting,
    )

    return closing(Tracing(exporting(__version__), __version__))


def _installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def exporter_secrets() -> tuple[str, ...]:
    """The values of the headers that the exporter sends."""
    texts = [os.environ.get(name, "") for name in _HEADERS]
    pairs = [each.partition("=") for text in texts for each in text.split(",")]
    return tuple(value.strip() for _, _, value in pairs if value.strip())

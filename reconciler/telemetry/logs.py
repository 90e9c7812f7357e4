"""Structured logs: constant message plus fields, masked."""

import contextlib
import io
import json
import logging
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final, TextIO
from urllib.parse import quote, quote_plus

from reconciler.model.masking import mask

_HIDDEN: Final = "•••"
_OWN: Final = frozenset(
    {*vars(logging.makeLogRecord({})), "message", "asctime", "color_message"}
)
"""What every record has: anything else is a field."""

QUIET: Final[Mapping[str, int]] = {
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "uvicorn": logging.ERROR,
    "uvicorn.error": logging.ERROR,
    "uvicorn.access": logging.ERROR,
    "apscheduler": logging.WARNING,
    "sqlalchemy": logging.WARNING,
    "alembic": logging.WARNING,
    "asyncio": logging.WARNING,
    "watchfiles": logging.WARNING,
    "apprise": logging.CRITICAL,
    "urllib3": logging.CRITICAL,
    "opentelemetry": logging.WARNING,
}
"""Least levels of libraries that say more than an operator wants to read."""


TRACE_FIELDS: ContextVar[Mapping[str, str]] = ContextVar(
    "TRACE_FIELDS", default=MappingProxyType({})
)
"""Fields of every line that is logged during a trace: its ids."""


class Cleaner:
    """Masks phone numbers and drops secrets, also as they look in a URL.

    What it gives is one printable line, but for tracebacks.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        known = {each for each in secrets if each}
        forms = {form(each) for each in known for form in (str, quote, quote_plus)}
        self._secrets = sorted(forms, key=len, reverse=True)

    def text(self, text: str) -> str:
        """*text*, fit to be read by anybody."""
        return mask(self._without_secrets(text))

    def lines(self, text: str) -> str:
        """The same of a text of several lines."""
        return "\n".join(map(mask, self._without_secrets(text).split("\n")))

    def _without_secrets(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        return text

    def field(self, value: object) -> object:
        """A field: numbers and booleans as they are, all else as clean text."""
        if value is None or isinstance(value, bool | int | float):
            return value
        return self.text(str(value))

    def record(self, record: logging.LogRecord) -> tuple[str, dict[str, object], str]:
        """A record's message, fields and traceback ("" for none)."""
        fields = {
            name: self.field(value)
            for name, value in vars(record).items()
            if name not in _OWN and value is not None
        }
        fields |= TRACE_FIELDS.get()
        return self.text(_message(record)), fields, self.lines(_trace(record))


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def __init__(self, cleaner: Cleaner) -> None:
        super().__init__()
        self._cleaner = cleaner

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON; a field never hides what every line has."""
        message, fields, trace = self._cleaner.record(record)
        line = {
            "at": _moment(record).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": message,
        }
        below = {"traceback": trace} if trace else {}
        return json.dumps(line | fields | below | line, ensure_ascii=False)


class HumanLines(logging.Formatter):
    """A short line for a person at a terminal."""

    def __init__(self, cleaner: Cleaner) -> None:
        super().__init__()
        self._cleaner = cleaner

    def format(self, record: logging.LogRecord) -> str:
        """Time, level, message, fields; a traceback below."""
        message, fields, trace = self._cleaner.record(record)
        moment = _moment(record).astimezone().strftime("%H:%M:%S")
        told = "".join(f"  {name}={value}" for name, value in fields.items())
        below = f"\n{trace}" if trace else ""
        return f"{moment} {record.levelname.lower():7} {message}{told}{below}"


@contextlib.contextmanager
def logging_to(
    stream: TextIO, *, secrets: Iterable[str], level: int = logging.INFO
) -> Iterator[None]:
    """Send every log line of the process to *stream*, clean.

    JSON where *stream* is no terminal. What logging was like before is restored
    at the end.
    """
    cleaner = Cleaner(secrets)
    handler = logging.StreamHandler(stream)
    human = stream.isatty()
    handler.setFormatter(HumanLines(cleaner) if human else JsonLines(cleaner))
    root = logging.getLogger()
    before = root.level, root.handlers[:]
    levels = {name: logging.getLogger(name).level for name in QUIET}
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(max(level, least))
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        root.setLevel(before[0])
        root.handlers[:] = before[1]
        for name, was in levels.items():
            logging.getLogger(name).setLevel(was)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):
        return str(record.msg)


def _trace(record: logging.LogRecord) -> str:
    parts = [record.exc_text or ""]
    if record.exc_info and record.exc_info[0] is not None:
        out = io.StringIO()
        traceback.print_exception(*record.exc_info, file=out)
        parts = [out.getvalue()]
    return "\n".join([*parts, record.stack_info or ""]).strip()


def _moment(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)

"""Decodes Twilio's JSON into observations; pure.

Unknown keys are ignored; a value of another shape than documented raises
Malformed, since half-understood state is no observation.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from functools import lru_cache
from typing import TypeAlias, TypeVar

from msgspec import DecodeError, Struct
from msgspec.json import decode

from reconciler.model.observation import (
    Call,
    CallStatus,
    Conference,
    ConferenceStatus,
    Participant,
    ParticipantStatus,
)

Body: TypeAlias = Mapping[str, object]
T = TypeVar("T")
_Word = TypeVar("_Word", bound=StrEnum)


class Malformed(ValueError):  # noqa: N818 - a state of the answer
    """The body is not what Twilio documents; the text says in what."""


class ListingPage(Struct, frozen=True):
    """One page of a listing; ``next`` is the link to the next one, if any."""

    items: tuple[Body, ...]
    next: str | None


class Created(Struct, frozen=True):
    """What the answer to a create must tell: the call that rings."""

    call_sid: str
    conference_sid: str | None


def body(content: bytes) -> Body:
    """The JSON object of an answer."""
    try:
        found = decode(content)
    except (DecodeError, RecursionError):
        raise Malformed("a body that is not Twilio's JSON") from None
    if not isinstance(found, dict):
        raise Malformed(f"JSON that is not an object but {type(found).__name__}")
    return found


def whole(read: Callable[[Body], T]) -> Callable[[bytes], T]:
    """What *read* makes of a body, from its bytes."""
    return lambda content: read(body(content))


def page(found: Body, key: str) -> ListingPage:
    """A page of the listing *key*; one that claims more than it holds is malformed."""
    items = found.get(key)
    if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
        raise Malformed(f"a page without a list of {key}")
    if "next_page_uri" not in found:
        raise Malformed(f"a page of {key} that does not say whether it is the last")
    claimed = excess(found.get("start"), found.get("end"), len(items))
    if claimed:
        raise Malformed(f"a page that claims {claimed} {key} and holds {len(items)}")
    return ListingPage(tuple(items), _text_or_none(found, "next_page_uri"))


def items(
    key: str, read: Callable[[Body], T]
) -> Callable[[bytes], tuple[tuple[T, ...], str | None]]:
    """What *read* makes of each item of a page of *key*, with the link to the next."""

    def of(content: bytes) -> tuple[tuple[T, ...], str | None]:
        listing_page = page(body(content), key)
        return tuple(map(read, listing_page.items)), listing_page.next

    return of


def excess(start: object, end: object, held: int) -> int:
    """How many items a page claims by its *start* and *end*, 0 if it holds them."""
    if not isinstance(start, int) or not isinstance(end, int):
        return 0
    claimed = end - start + 1
    return claimed if claimed > max(held, 1) else 0


def participant(found: Body) -> Participant:
    """One participant; a status of null is an older service's "connected"."""
    _require(found, "status", "muted", "hold")
    return Participant(
        call_sid=_text(found, "call_sid"),
        conference_sid=_text(found, "conference_sid"),
        label=_text_or_none(found, "label"),
        status=ParticipantStatus.CONNECTED
        if found["status"] is None
        else _word(found, "status", ParticipantStatus),
        muted=_flag(found, "muted"),
        hold=_flag(found, "hold"),
        coaching=_flag(found, "coaching"),
        call_sid_to_coach=_text_or_none(found, "call_sid_to_coach"),
        end_conference_on_exit=_flag(found, "end_conference_on_exit"),
        start_conference_on_enter=_flag(
            found, "start_conference_on_enter", default=True
        ),
        created_at=unix_time(found.get("date_created")),
    )


def created(found: Body) -> Created:
    """The answer to a create; Malformed if it does not name the call."""
    return Created(_text(found, "call_sid"), _text_or_none(found, "conference_sid"))


def conference(found: Body) -> Conference:
    """One conference; one that is over may have lost its name, which then is ""."""
    status = _word(found, "status", ConferenceStatus)
    over = status is ConferenceStatus.COMPLETED
    return Conference(
        sid=_text(found, "sid"),
        name=(_text_or_none if over else _text)(found, "friendly_name") or "",
        status=status,
        reason_ended=_text_or_none(found, "reason_conference_ended"),
    )


def call(found: Body) -> Call:
    """One call; a date that cannot be read counts as not there."""
    return Call(
        sid=_text(found, "sid"),
        status=_word(found, "status", CallStatus),
        to=_text_or_none(found, "to") or "",
        sender=_text_or_none(found, "from") or "",
        direction=_text_or_none(found, "direction") or "",
        created_at=unix_time(found.get("date_created")),
        started_at=unix_time(found.get("start_time")),
        ended_at=unix_time(found.get("end_time")),
        answered_by=_text_or_none(found, "answered_by"),
    )


def unix_time(date: object) -> float | None:
    """An RFC 2822 date as Unix seconds; None for null and for anything else."""
    return _unix_time(date) if isinstance(date, str) else None


@lru_cache(4096)
def _unix_time(date: str) -> float | None:
    """Cached: each listing shows the same dates again."""
    try:
        moment = parsedate_to_datetime(date)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def day(at: float) -> str:
    """The UTC day of a Unix time, ``YYYY-MM-DD``, as Twilio's filters take it."""
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def _require(found: Body, *names: str) -> None:
    for name in names:
        if name not in found:
            raise Malformed(f"a response without {name!r}")


def _text(found: Body, name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str) or not value:
        raise Malformed(f"a response without {name!r}")
    return value


def _text_or_none(found: Body, name: str) -> str | None:
    value = found.get(name)
    if value is not None and not isinstance(value, str):
        raise Malformed(f"a {name!r} that is not text")
    return value or None


def _flag(found: Body, name: str, *, default: bool = False) -> bool:
    value = found.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise Malformed(f"a {name!r} that is neither true nor false")
    return value


def _word(found: Body, name: str, words: type[_Word]) -> _Word:
    value = _text(found, name)
    try:
        return words(value)
    except ValueError:
        raise Malformed(f"an unknown {name!r}: {value[:40]!r}") from None

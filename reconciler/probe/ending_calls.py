"""Ends calls that a probe placed, and looks until they are over."""

from collections.abc import Iterable

from reconciler.model.errors import ReconcilerError, TransientError, TwilioError
from reconciler.probe.api_line import ApiLine
from reconciler.probe.journal import Journal, PlacedCall

_OVER = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
_LIVE = ("queued", "ringing", "in-progress")
_WAYS = ("completed", "canceled")
"""Completed ends a call in any state; canceled one that was not answered."""

_BETWEEN_REQUESTS = 5
_TRIES = 90
_PAUSE_SECONDS = 1.0
_APPEARS_SECONDS = 20
"""For how long a call without a record is looked for, in looks one second apart."""


class StillLive(TransientError):  # noqa: N818 - a state of the call
    """A call of the probe could not be ended; the text says which."""


async def end_open_calls(line: ApiLine, journal: Journal, sender: str) -> None:
    """End every call on record that is not known to be over.

    A create without an answer may have placed a call: it is looked for among the
    calls from *sender* to its address. StillLive if one cannot be ended; it stays on
    record.
    """
    failed: ReconcilerError | None = None
    for placed in journal.open_calls():
        try:
            await _end_placed(line, placed, sender)
        except TwilioError as error:
            failed = error
        else:
            journal.append("ended", id=placed.id)
    if failed is not None:
        raise StillLive(f"a call of the probe may still be up: {failed}") from failed


async def live_calls(line: ApiLine, sender: str, to: str) -> tuple[str, ...]:
    """SIDs of the calls from *sender* to *to* that are not over."""
    found: dict[str, None] = {}
    for status in _LIVE:
        query = (("To", to), ("From", sender), ("Status", status), ("PageSize", "100"))
        reply = await line.read(("Calls",), query)
        found |= dict.fromkeys(str(x.get("sid")) for x in reply.items("calls"))
    return tuple(found)


async def end_all(line: ApiLine, sender: str, addresses: Iterable[str]) -> int:
    """End all calls from *sender* to *addresses*; how many there were.

    They are looked for as long as a listing may lag behind.
    """
    ended: set[str] = set()
    for _ in range(_APPEARS_SECONDS):
        for to in dict.fromkeys(addresses):
            for sid in set(await live_calls(line, sender, to)) - ended:
                await end_call(line, sid)
                ended.add(sid)
        await line.sleep(_PAUSE_SECONDS)
    return len(ended)


async def _end_placed(line: ApiLine, placed: PlacedCall, sender: str) -> None:
    if placed.call_sid is not None:
        await end_call(line, placed.call_sid)
        return
    await end_all(line, sender, (placed.to,))


async def end_call(line: ApiLine, sid: str) -> None:
    """End a call and look until its record says that it is over.

    StillLive if it never does. A call without a record is asked to end all the same,
    and counts as gone when none appears.
    """
    missing, state = 0, None
    for tried in range(_TRIES):
        shown = await line.get("Calls", sid)
        state = shown.state
        if state in _OVER:
            return
        missing = missing + 1 if shown.missing else 0
        if missing > _APPEARS_SECONDS:
            return
        if tried % _BETWEEN_REQUESTS == 0:
            await line.post("Calls", sid, form=_way_to_end(tried))
            continue
        await line.sleep(_PAUSE_SECONDS)
    raise StillLive(f"call {sid} is {state}")


def _way_to_end(tried: int) -> tuple[tuple[str, str]]:
    return (("Status", _WAYS[tried // _BETWEEN_REQUESTS % len(_WAYS)]),)

"""Failed requests: retried with increasing delays, then reported.

tries that did not work       next try after                       told
1, 2, 3, 4, 5                 1, 2, 4, 8, 16 s                      no
more                          30 s; a silence 10 s                  no
for two minutes               30 s                                  yes
refused for good, 3 times     as above                              yes

A request is a kind of change of one call, with its values, or the removal of one
call, or the end of the conference. It is told apart by a name in the memory of its
call, which is cleared when it works. Another value, an edit of the member's entry
and ten quiet minutes begin it again.
"""

import zlib
from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from reconciler.model.action import Action, Change, Remove, Ring
from reconciler.model.roster import Value
from reconciler.planning.context import PlanBuilder, PlanningContext
from reconciler.planning.describe import describe
from reconciler.planning.order import coached_calls, in_order, relies
from reconciler.planning.plan import Phase, Waiting

FIRST_PAUSE_SECONDS = 1.0
MAX_PAUSE_SECONDS = 30.0
SILENCE_PAUSE_SECONDS = 10.0
"""Seconds between two tries: at first, doubling, at most; and for a silence."""

NOTIFIED_AFTER_SECONDS = 120.0
NOTIFIED_AFTER_REFUSALS = 3
"""When a person is told: of what passes, and of what is refused for good."""

FORGOTTEN_AFTER_SECONDS = 600.0

_DOUBLINGS = 10
_PARTS = 5


class Retry(Struct, frozen=True):
    """The tries of one request so far. Times are Unix seconds.

    ``refused`` says that the last answer refuses the same request for good.
    """

    tries: int
    first_at: float
    last_at: float
    refused: bool
    message: str

    def again(self, now: float, message: str, *, refused: bool) -> "Retry":
        """With one more try, which did not work."""
        return Retry(self.tries + 1, self.first_at, now, refused, message)

    def pause(self, name: str, *, silence: bool) -> float:
        """Seconds from the last try to the next, drawn out a little."""
        doubled = FIRST_PAUSE_SECONDS * 2.0 ** min(self.tries - 1, _DOUBLINGS)
        long = self.last_at - self.first_at >= NOTIFIED_AFTER_SECONDS
        most = SILENCE_PAUSE_SECONDS if silence and not long else MAX_PAUSE_SECONDS
        return min(most, doubled) * _jitter(f"{name} {self.tries}")

    @property
    def told(self) -> bool:
        """Whether a person must know."""
        if self.refused and self.tries >= NOTIFIED_AFTER_REFUSALS:
            return True
        return self.last_at - self.first_at >= NOTIFIED_AFTER_SECONDS

    @property
    def value(self) -> str:
        """As it is remembered."""
        kind = "refused" if self.refused else "failed"
        return (
            f"{self.tries} {self.first_at:.3f} {self.last_at:.3f} {kind} {self.message}"
        )


def read(value: Value | None) -> Retry | None:
    """What ``Retry.value`` gave; None for anything else."""
    parts = value.split(" ", _PARTS - 1) if isinstance(value, str) else []
    if len(parts) != _PARTS:
        return None
    tries, first_at, last_at, kind, message = parts
    try:
        return Retry(
            int(tries), float(first_at), float(last_at), kind == "refused", message
        )
    except ValueError:
        return None


def place(action: Action) -> tuple[str, str] | None:
    """The call, or conference, and the name under which tries are remembered."""
    match action:
        case Ring():
            return None
        case Remove():
            kind = "end" if action.call_sid is None else "remove"
            key = action.call_sid or action.conference_sid
            return (key, f"retry:{kind}") if key else None
        case Change():
            values = repr(
                [
                    (field_change.name, field_change.after)
                    for field_change in action.field_changes
                ]
            )
            crc = zlib.crc32(values.encode())
            return action.call_sid, f"retry:{action.kind}:{crc:08x}"


def tried(
    action: Action, memory: Mapping[str, Mapping[str, Value]], now: float
) -> Retry | None:
    """The tries of *action* so far that did not work, if they still count."""
    key = place(action)
    if key is None:
        return None
    retry = read(memory.get(key[0], {}).get(key[1]))
    fresh = retry is not None and 0.0 <= now - retry.last_at < FORGOTTEN_AFTER_SECONDS
    return retry if fresh else None


def failed(
    action: Action,
    memory: Mapping[str, Mapping[str, Value]],
    now: float,
    message: str,
    *,
    refused: bool,
) -> Retry:
    """The tries of *action* with one more that did not work."""
    before = tried(action, memory, now) or Retry(0, now, now, refused, "")
    return before.again(now, message, refused=refused)


def hold_back(draft: PlanBuilder, room: PlanningContext) -> PlanBuilder:
    """*draft* without what is not to be sent again yet.

    What relies on a silence that is held back waits as well, see ``order``. A person
    who asks is not made to wait: all of it is sent.
    """
    held = PlanBuilder(withheld=draft.withheld, waiting=draft.waiting)
    coached = coached_calls(room.legs)
    failed_silences: list[tuple[Change, Waiting]] = []
    for action in in_order(draft.actions):
        tries = _tries(action, room)
        waiting = _waits(action, tries, room.now) if tries else None
        if waiting is not None and not room.ledger.asked:
            if isinstance(action, Change) and action.silences:
                failed_silences.append((action, waiting))
            held.take([waiting])
            continue
        waits = (
            x for silence, x in failed_silences if relies(action, silence, coached)
        )
        blocked = next(waits, None)
        if blocked is not None:
            reason = f"{describe(action)}: waits for a mute or hold that failed"
            held.take([replace(blocked, label=action.label, reason=reason)])
        else:
            held.take([action])
            held.take([_told(action, tries)] if tries and tries.told else [])
    return held


def _tries(action: Action, room: PlanningContext) -> Retry | None:
    """The tries that count, since the member's entry was last edited."""
    retry = tried(action, room.ledger.memory, room.now)
    record = room.records.get(action.label)
    edited = retry and record and retry.last_at < record.changed_at <= room.now
    return None if edited else retry


def _waits(action: Action, tries: Retry, now: float) -> Waiting | None:
    """What *action* waits for, if it is not to be sent yet."""
    name = "".join(place(action) or ())
    until = tries.last_at + tries.pause(name, silence=_silences(action))
    return None if now >= until else replace(_told(action, tries), until=until)


def _told(action: Action, tries: Retry) -> Waiting:
    """In words without numbers that grow: a person is told once."""
    phase = Phase.STALLED if tries.told else Phase.CONNECTED
    reason = f"{describe(action)}: {tries.message}; retrying with increasing delays"
    return Waiting(action.label, phase, reason)


def _silences(action: Action) -> bool:
    return isinstance(action, Change) and action.silences


def _jitter(key: str) -> float:
    """0.9 to 1.1, the same for the same try: no two requests in step."""
    return 0.9 + zlib.crc32(key.encode()) % 1000 / 5000

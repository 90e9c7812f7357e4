"""Flap detection: when a correction is resent, and when a person must decide.

corrections of one field on one call          a silence            anything else
none yet                                      sent                 sent
worked less than 10 s ago, not listed yet     sent after 3 s       waits
never listed as set                           every 10 s, 30 s     after 10 s, 20 s … 5 min
listed as set and undone, once or twice       sent                 sent
listed as set and undone, three times         every 10 s, 30 s     withheld

What was refused, never sent, or lost does not count. A silence (mute, hold, no
longer coaching) is never given up, only slowed. From the third time on a person
is told.
"""

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from reconciler.model.action import Change, ChangeKind, Harm
from reconciler.model.ledger import Correction, CorrectionResult, GuardKind
from reconciler.model.parameter import SHOWN_FIELDS
from reconciler.planning.context import Item, PlanBuilder, PlanningContext
from reconciler.planning.describe import describe, quoted, subject
from reconciler.planning.listing_lag import LISTED_WITHIN_SECONDS, unlisted_yet
from reconciler.planning.order import in_order
from reconciler.planning.plan import Phase, Waiting, Withheld

FLAPPING_CORRECTIONS = 3
"""Corrections of one field within ten minutes after which a person is told."""

MAX_CORRECTIONS = 9
"""Corrections of one field within ten minutes after which a silence is slowed again."""

SILENCE_LISTED_SECONDS = 3.0
"""The same for a silence: somebody may have ended it since, and it harms nobody."""

SLOW_SECONDS = 30.0
MAX_PAUSE_SECONDS = 300.0


def corrected_fields(change: Change) -> tuple[str, ...]:
    """What *change* puts right, as ``name=value``: what Twilio shows only.

    What is done for safety, or to undo that, is no correction of anybody.
    """
    if change.safety or any(name == "muted" for name, _ in change.memory):
        return ()
    return tuple(
        f"{field_change.name}={field_change.after}"
        for field_change in change.field_changes
        if field_change.name in SHOWN_FIELDS
        and field_change.before != field_change.after
    )


def suppress_flapping(draft: PlanBuilder, room: PlanningContext) -> PlanBuilder:
    """*draft* without what is not to be sent again now.

    Whoever is not silenced for that reason is not exposed either.
    """
    braked = PlanBuilder(withheld=draft.withheld, waiting=draft.waiting)
    unsilenced: dict[str, Waiting] = {}
    stuck: set[str] = set()
    for action in in_order(draft.actions):
        item: Item = action
        if isinstance(action, Change) and not action.safety:
            item = _braked(action, room, unsilenced)
            if not isinstance(item, Change) and action.kind is ChangeKind.EXIT:
                stuck |= {action.label} if _needs_person(item) else set()
        braked.take([item])
    braked.waiting = [_resting(wait, stuck) for wait in braked.waiting]
    return braked


def _needs_person(item: Item) -> bool:
    return not isinstance(item, Waiting) or item.phase is Phase.STALLED


def _resting(waiting: Waiting, stuck: Iterable[str]) -> Waiting:
    """A removal does not keep on waiting for an end flag that is not cleared."""
    removal = waiting.label in stuck and waiting.phase is not Phase.STALLED
    return replace(waiting, settled=True) if removal else waiting


def _braked(
    change: Change, room: PlanningContext, unsilenced: dict[str, Waiting]
) -> Item:
    """*change* or what comes of it; notes whose silence waits in *unsilenced*."""
    before = unsilenced.get(change.call_sid)
    if change.harm is Harm.EXPOSE and before is not None:
        reason = f"{describe(change)}: waits for a mute or hold that must come first"
        return replace(before, reason=reason)
    item = _History.of(change, room).item()
    if isinstance(item, Waiting) and change.harm is Harm.SILENCE:
        unsilenced[change.call_sid] = item
    return item


class _History(Struct, frozen=True):
    """A change beside earlier corrections of its fields, each field's oldest first."""

    change: Change
    room: PlanningContext
    fields: tuple[tuple[Correction, ...], ...]

    @staticmethod
    def of(change: Change, room: PlanningContext) -> "_History":
        """The corrections since the person's entry last changed."""
        record = room.records.get(change.label)
        since = record.changed_at if record and record.changed_at <= room.now else 0.0
        names = corrected_fields(change)
        counted = [
            correction
            for correction in room.ledger.corrections
            if correction.call_sid == change.call_sid
            and correction.at >= since
            and correction.result is not CorrectionResult.FAILED
        ]
        fields = (tuple(c for c in counted if c.field == name) for name in names)
        return _History(change, room, tuple(fields))

    @property
    def silences(self) -> bool:
        """Whether the change takes somebody's voice away."""
        parts = any(
            field_change.name == "coaching" and field_change.after is False
            for field_change in self.change.field_changes
        )
        return self.change.harm is Harm.SILENCE or parts

    @property
    def undone(self) -> int:
        """How often a value was listed as set and then otherwise."""
        return max(map(_undone, self.fields), default=0)

    @property
    def tried(self) -> int:
        """How often all of it was sent without lasting."""
        count = len if self.silences else _unseen
        return min(map(count, self.fields), default=0)

    def item(self) -> Item:
        """The change, or what it waits for."""
        lifted = self.room.lifts(GuardKind.FLAPPING)
        if not lifted and not self.silences and self.undone >= FLAPPING_CORRECTIONS:
            return Withheld(self.change, "flapping", self._flapping())
        last = min(
            (corrections[-1].at if corrections else 0.0 for corrections in self.fields),
            default=0.0,
        )
        pause = self._lag() if self._unlisted_yet() else 0.0
        if not lifted:
            pause = max(pause, self._pause())
        if not 0.0 <= self.room.now - last < pause:
            return self.change
        label = self.change.label
        if self.tried < FLAPPING_CORRECTIONS:
            return Waiting(label, Phase.CONNECTED, self._sent())
        return Waiting(label, Phase.STALLED, self._told(pause), until=last + pause)

    def _lag(self) -> float:
        silence = self.change.harm is Harm.SILENCE
        return SILENCE_LISTED_SECONDS if silence else LISTED_WITHIN_SECONDS

    def _unlisted_yet(self) -> bool:
        now = self.room.now
        return bool(self.fields) and all(
            corrections and unlisted_yet(corrections[-1], now)
            for corrections in self.fields
        )

    def _pause(self) -> float:
        """Seconds between two corrections."""
        if not self.silences:
            pause = LISTED_WITHIN_SECONDS * 2.0 ** (min(self.tried, 9) - 1)
            return min(pause, MAX_PAUSE_SECONDS) if self.tried else 0.0
        if self.tried < FLAPPING_CORRECTIONS:
            return 0.0
        return LISTED_WITHIN_SECONDS if self.tried < MAX_CORRECTIONS else SLOW_SECONDS

    def _sent(self) -> str:
        return f"{self._what()}: sent, but Twilio's listing does not show it yet"

    def _told(self, pause: float) -> str:
        again = f"resent every {pause:.0f} s"
        if not self.silences:
            again = "retrying with increasing delays"
        return f"{self._what()}: {self._seen()}; {again}{self._advice()}"

    def _flapping(self) -> str:
        room = quoted(self.room.roster.room)
        return (
            f"{self._seen()}. Declare the value you want, or stop whatever else sets "
            f"it. To set it once more: reconciler approve {room}"
        )

    def _seen(self) -> str:
        """What was seen, without numbers that grow: it is told once."""
        if self.undone >= FLAPPING_CORRECTIONS:
            values = ", ".join(self._values())
            return (
                "set 3 or more times within 10 minutes, and changed back to "
                f"{values} each time: something else sets it"
            )
        results = {corrections[-1].result for corrections in self.fields if corrections}
        if CorrectionResult.UNTAKEN in results:
            return "sent 3 or more times, but Twilio's responses show it unchanged"
        return "sent 3 or more times, but Twilio's listing never showed it"

    def _values(self) -> Iterator[str]:
        for field_change in self.change.field_changes:
            if (
                field_change.name in SHOWN_FIELDS
                and field_change.before != field_change.after
            ):
                yield f"{field_change.name}: {str(field_change.before).lower()}"

    def _advice(self) -> str:
        leg = self.room.by_call(self.change.call_sid)
        if self.change.kind is ChangeKind.EXIT and leg is not None and leg.hold:
            return (
                "; Twilio may not change it while the person is on hold: declare "
                "'hold: false', sync, then declare the hold again"
            )
        return ""

    def _what(self) -> str:
        named = "" if self.change.label else f" of {subject(self.change)}"
        return f"{describe(self.change)}{named}"


def _undone(made: tuple[Correction, ...]) -> int:
    return sum(
        correction.result is CorrectionResult.DONE and correction.seen_at is not None
        for correction in made
    )


def _unseen(made: tuple[Correction, ...]) -> int:
    """How many of the newest were never listed as set."""
    count = 0
    for correction in reversed(made):
        if correction.seen_at is not None:
            break
        count += 1
    return count

"""Diff of one connected member: the changes that correct it.

field        declared    shown     becomes
muted        true        false     mute (silence)
muted        false       true      unmute (expose), once nothing forbids it
muted        no opinion  by us     unmute (expose), once the reason is over
hold         true        false     hold (silence)
hold         false       true      release (expose)
hold         no opinion  by us     release (expose): taken for a stranger before
coaching     see the table in ``coaching``
end flag     differs               changed alone; with hold if that did not take;
                                   before a hold; on hold once each way, then told
write-only   differs from what we last sent on this call: sent
hold music   sent with every hold, and when it differs
announcement not played on this call: played once
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from reconciler.model.action import Change, ChangeKind, FieldChange, Harm
from reconciler.model.observation import Participant
from reconciler.model.roster import Announcement, Fields, Member, Value
from reconciler.planning.call_facts import MUTED, STRANGER, assumed
from reconciler.planning.coaching import Advice
from reconciler.planning.end_flag import EndFlag

_CONCERNS: Mapping[str, ChangeKind] = {
    "hold_url": ChangeKind.HOLD,
    "hold_method": ChangeKind.HOLD,
    "wait_url": ChangeKind.WAIT,
    "wait_method": ChangeKind.WAIT,
    "beep_on_exit": ChangeKind.EXIT,
}
_UNSENT = "has not been sent on this call"


class MemberDiff(Struct, frozen=True):
    """A member beside its leg. ``memory`` is what we last sent on the call.

    ``corrected`` is what was corrected on this call lately, as ``name=value``;
    ``exposed`` are silences that we ended a moment ago, see ``listing_lag``.
    """

    member: Member
    leg: Participant
    memory: Mapping[str, Value]
    advice: Advice
    corrected: frozenset[str] = frozenset()
    exposed: frozenset[str] = frozenset()

    @property
    def void_end_flag(self) -> bool:
        """Whether the end flag is to change, and cannot while the person is held."""
        flag = self._end_flag()
        return flag is not None and flag.void

    def changes(self) -> Iterator[Change]:
        """Every change needed now, one concern each, in no order."""
        yield from self._muted()
        yield from self._hold()
        yield from self._coaching()
        yield from self._exit()
        yield from self._wait()
        yield from self._announcements()

    def silences(self) -> Iterator[Change]:
        """Of the changes, those that let nobody hear the leg."""
        changes = (*self._muted(), *self._hold())
        return (change for change in changes if change.harm is Harm.SILENCE)

    def _muted(self) -> Iterator[Change]:
        wanted = self._wanted_muted()
        shown = self._shown_muted() and not (wanted and "muted" in self.exposed)
        if wanted is None or wanted == shown:
            return
        change = self._change(
            ChangeKind.MUTE,
            (FieldChange("muted", not wanted, wanted),),
            Harm.SILENCE if wanted else Harm.EXPOSE,
            self._why_muted(wanted=wanted),
            self._muting(wanted=wanted),
        )
        safety = wanted and (self.advice.unheard or not self.advice.may_speak)
        yield replace(change, safety=safety)

    def _shown_muted(self) -> bool:
        """What Twilio shows; muted too while it is on record that we muted.

        Somebody else may have unmuted since: said once more, it is off the
        record, and a mute by them is not undone later.
        """
        ours = self.advice.may_speak and self._over("muted")
        return self.leg.muted or ours

    def _muting(self, *, wanted: bool) -> Fields:
        """What to remember of a mute, or its end, that nobody declared."""
        if self.member.muted is not None:
            return ()
        if wanted:
            return ((MUTED, True),)
        return tuple(
            (name, False) for name in (MUTED, assumed("muted")) if self.memory.get(name)
        )

    def _over(self, field: str) -> bool:
        """Whether a silence of ours is over, of which the roster says nothing.

        given                          over
        to somebody taken for no       always: they are a member, of whom the
        member                         roster says nothing
        for safety                     once they are paired with somebody who
                                       listens, or are on hold as declared, or
                                       the roster says ``coaching: false``
        """
        if getattr(self.member, field) is not None:
            return False
        if self.memory.get(assumed(field)) == STRANGER:
            return True
        return field == "muted" and self.memory.get(MUTED) is True and self._safe

    @property
    def _safe(self) -> bool:
        """Whether to end a safety mute lets nobody be heard who was not to be."""
        held = self.member.hold is True and self.leg.hold
        return held or self.leg.coaching or self.member.coaching is not None

    @property
    def left_muted(self) -> bool:
        """Whether a safety mute stays, since what it was for is not declared."""
        ours = self.member.muted is None and self.memory.get(MUTED) is True
        pending = self.member.hold is True and not self.leg.hold
        stays = self.advice.may_speak and not (self._over("muted") or pending)
        return ours and self.leg.muted and stays

    def _wanted_muted(self) -> bool | None:
        if not self.advice.may_speak:
            return True
        if self.member.hold is True and not self.leg.hold:
            return True if self.member.muted or self.advice.unheard else None
        return False if self._over("muted") else self.member.muted

    def _why_muted(self, *, wanted: bool) -> str:
        if wanted and self.advice.unheard:
            return "a coach stays muted while the coached person leaves"
        if not self.advice.may_speak:
            why = self.advice.wait or "the coaching is not in place"
            return f"a coach stays muted while {why}"
        if self.member.muted is None and self.memory.get(MUTED) is True:
            return f"was muted only until {self._muted_until}"
        if self.member.muted is None:
            return "was muted only while taken for a stranger"
        return f"declared {'muted' if wanted else 'not muted'}"

    @property
    def _muted_until(self) -> str:
        """What a safety mute that is over was for."""
        if self.leg.coaching and self.member.coaching is not False:
            return "the coaching was confirmed"
        if self.member.hold is True and self.leg.hold:
            return "the hold was confirmed"
        return "they no longer coached anybody"

    def _hold(self) -> Iterator[Change]:
        leg, over = self.leg, self._over("hold")
        wanted = False if over else self.member.hold
        shown = leg.hold and not (wanted and "hold" in self.exposed)
        drifted = over or (wanted is not None and wanted != shown)
        music = self._of(ChangeKind.HOLD)
        if not (drifted and wanted) and self._sent(music):
            music = ()
        if not drifted and not music:
            return
        after = leg.hold if wanted is None else wanted
        hold = (FieldChange("hold", shown, after),) if drifted or leg.hold else ()
        harm, reason = Harm.NONE, _UNSENT
        if drifted:
            harm = Harm.SILENCE if wanted else Harm.EXPOSE
            reason = f"declared {'on hold' if wanted else 'not on hold'}"
        if over:
            reason = "was put on hold only while taken for a stranger"
        memory = (*music, *(((assumed("hold"), False),) if over else ()))
        field_changes = (*hold, *self._field_changes(music))
        yield self._change(ChangeKind.HOLD, field_changes, harm, reason, memory=memory)

    def _coaching(self) -> Iterator[Change]:
        leg, target = self.leg, self.advice.pair_with
        if self.advice.let_go:
            field_changes: tuple[FieldChange, ...] = (
                FieldChange("coaching", before=True, after=False),
            )
            reason = "declared as coaching nobody"
            yield self._change(ChangeKind.COACHING, field_changes, Harm.EXPOSE, reason)
        elif target and self._refused(target):
            field_changes = (FieldChange("coaching", before=True, after=False),)
            reason = "coaches somebody else, which must end first"
            yield self._change(ChangeKind.COACHING, field_changes, Harm.NONE, reason)
        elif target:
            field_changes = (
                FieldChange("coaching", leg.coaching, after=True),
                FieldChange("call_sid_to_coach", leg.call_sid_to_coach, target),
            )
            reason = f"declared as coaching {self.member.coaching}"
            yield self._change(ChangeKind.COACHING, field_changes, Harm.NONE, reason)

    def _refused(self, target: str) -> bool:
        """Whether a coach of another was sent to *target* and still coaches them.

        Whether one request may do that is not documented. Letting go first
        needs no more: who is to be paired is silent.
        """
        return self.leg.coaching and f"call_sid_to_coach={target}" in self.corrected

    def _exit(self) -> Iterator[Change]:
        memory = beep = self._unsent(ChangeKind.EXIT)
        field_changes, reason = self._field_changes(beep), _UNSENT
        flag = self._end_flag()
        if flag is not None and not flag.void:
            reason = "declared"
            field_changes += flag.field_changes
            memory = (*beep, *flag.remembered)
        if field_changes:
            change = self._change(
                ChangeKind.EXIT, field_changes, Harm.NONE, reason, memory=memory
            )
            to_hold = self.member.hold is True and not self.leg.hold
            yield replace(change, before_hold=to_hold)

    def _end_flag(self) -> "EndFlag | None":
        """The end flag, if it is to change."""
        wanted, leg = self.member.end_conference_on_exit, self.leg
        if wanted is None or wanted == leg.end_conference_on_exit:
            return None
        return EndFlag(leg, wanted, self.member.hold, self.memory, self.corrected)

    def _wait(self) -> Iterator[Change]:
        music = self._unsent(ChangeKind.WAIT)
        if music:
            field_changes = self._field_changes(music)
            yield self._change(
                ChangeKind.WAIT, field_changes, Harm.NONE, _UNSENT, memory=music
            )

    def _announcements(self) -> Iterator[Change]:
        for announcement in self.member.announcements:
            key = f"announcement:{announcement.id}"
            if key not in self.memory:
                yield self._change(
                    ChangeKind.ANNOUNCE,
                    tuple(_announced(announcement)),
                    Harm.NONE,
                    f"announcement {announcement.id} has not been played on this call",
                    memory=((key, announcement.url),),
                )

    def _of(self, kind: ChangeKind) -> Fields:
        return tuple(
            (name, value)
            for name, value in self.member.write_only
            if _CONCERNS[name] is kind
        )

    def _sent(self, fields: Fields) -> bool:
        return all(self.memory.get(name) == value for name, value in fields)

    def _unsent(self, kind: ChangeKind) -> Fields:
        """The concern's parameters, all of them, if one differs from the last sent."""
        group = self._of(kind)
        return () if self._sent(group) else group

    def _field_changes(self, fields: Fields) -> tuple[FieldChange, ...]:
        return tuple(FieldChange(name, self.memory.get(name), v) for name, v in fields)

    def _change(
        self,
        kind: ChangeKind,
        field_changes: tuple[FieldChange, ...],
        harm: Harm,
        reason: str,
        memory: Fields = (),
    ) -> Change:
        return Change(
            label=self.member.label,
            call_sid=self.leg.call_sid,
            conference_sid=self.leg.conference_sid,
            kind=kind,
            field_changes=field_changes,
            harm=harm,
            reason=reason,
            memory=memory,
        )


def _announced(announcement: Announcement) -> Iterator[FieldChange]:
    yield FieldChange("announce_url", None, announcement.url)
    if announcement.method:
        yield FieldChange("announce_method", None, announcement.method)

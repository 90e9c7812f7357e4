"""The coach's rule, as a table: when a coach is muted, paired and unmuted.

    wanted    coach's leg    target             coach may speak   pairing
    nobody    not coaching   any                yes               none
    nobody    coaching       any                yes               let go (exposes)
    target    absent         connected          no                rung muted, paired
    target    absent         not connected      no                wait, not rung
    any       any            in, not proven     as absent         as absent
    target    in, wrong      connected          no                pair
    target    in, wrong      absent or on hold  no                wait
    target    in, right      connected          yes               none
    target    in, right      absent or on hold  no                wait
    no view   not coaching   any                yes               none
    no view   coaching       connected          yes               none
    no view   coaching       absent or on hold  no                wait

A coach who may not speak is muted before anything else is done, and is
unmuted only when an observation shows the right pairing.
"""

from msgspec import Struct

from reconciler.model.observation import Participant


class CoachedPerson(Struct, frozen=True):
    """The person to be coached. ``leg`` is None while absent.

    ``leaving`` says that this plan puts them on hold or takes them out;
    ``ambiguity`` why it is not certain that they are there, "" if it is.
    """

    name: str
    leg: Participant | None
    leaving: bool = False
    ambiguity: str = ""

    @property
    def ready(self) -> bool:
        """Whether Twilio lets somebody coach them now and after this plan."""
        return (
            self.leg is not None
            and self.leg.connected
            and not self.leg.hold
            and not self.leaving
            and not self.ambiguity
        )

    @property
    def lack(self) -> str:
        """Why they cannot be coached, as the end of a sentence."""
        if self.leg is None:
            return f"{self.name} is not in the room"
        if not self.leg.connected:
            return f"{self.name} has not answered yet"
        if self.leg.hold:
            return f"{self.name} is on hold"
        if self.ambiguity:
            return f"it is not certain that {self.name} is in: {self.ambiguity}"
        return f"{self.name} is about to be held or removed"


class Advice(Struct, frozen=True):
    """What the table says. ``pair_with`` is a call SID to coach, or None.

    ``unheard`` says that they still coach somebody who is not there to listen,
    or goes: a mute declared of them comes before anything else.
    """

    may_speak: bool
    pair_with: str | None = None
    let_go: bool = False
    wait: str | None = None
    unheard: bool = False


SPEAK = Advice(may_speak=True)
_NOBODY = CoachedPerson("nobody", None)


def advise(
    wanted: str | bool | None, coach: Participant | None, target: CoachedPerson | None
) -> Advice:
    """Read the table.

    *wanted* is the member's ``coaching``; *target* is whom they shall coach,
    or, without a wish, whom they are coaching (None if nobody).
    """
    if wanted is False:
        coaches = coach is not None and coach.coaching
        unheard = coaches and not (target and target.ready)
        return Advice(may_speak=True, let_go=coaches, unheard=unheard)
    if wanted is None:
        if coach is None or not coach.coaching or (target and target.ready):
            return SPEAK
        return Advice(may_speak=False, wait=(target or _NOBODY).lack)
    return _coach(coach, target or _NOBODY)


def _coach(coach: Participant | None, target: CoachedPerson) -> Advice:
    if not target.ready or target.leg is None:
        return Advice(may_speak=False, wait=target.lack)
    right = (
        coach is not None
        and coach.coaching
        and coach.call_sid_to_coach == target.leg.call_sid
    )
    if right:
        return SPEAK
    return Advice(may_speak=False, pair_with=target.leg.call_sid)

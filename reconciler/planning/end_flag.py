"""The flag that ends the conference with a person: what to send for it to take."""

from collections.abc import Mapping

from msgspec import Struct

from reconciler.model.action import FieldChange
from reconciler.model.observation import Participant
from reconciler.model.roster import Fields, Value

END_FLAG = "end_conference_on_exit"
VOID_END_FLAG = (
    "Twilio does not change end_conference_on_exit of somebody on hold; "
    "declare it together with 'hold: false', then 'hold: true' again"
)


class EndFlag(Struct, frozen=True):
    """The end flag of one leg, to be set to ``wanted``.

    Alone, Twilio is known to show it changed in its answer and to leave it as it
    was (https://github.com/twilio/twilio-go/issues/259): then it is sent once more
    with the hold as it is, if it shall stay so. Of somebody on hold, that may not
    help either. ``hold`` is what is declared of it, ``memory`` what was last sent
    on the call, ``corrected`` what was corrected on it lately.
    """

    leg: Participant
    wanted: bool
    hold: bool | None
    memory: Mapping[str, Value]
    corrected: frozenset[str]

    @property
    def void(self) -> bool:
        """Whether Twilio leaves it as it is while the person is on hold."""
        return self._stays and self.leg.hold and self._tried == self._with_hold

    @property
    def field_changes(self) -> tuple[FieldChange, ...]:
        """What to send."""
        flag = FieldChange(END_FLAG, self.leg.end_conference_on_exit, self.wanted)
        again = f"{END_FLAG}={self.wanted}" in self.corrected or self._tried is not None
        if again and self._stays:
            return flag, FieldChange("hold", self.leg.hold, self.leg.hold)
        return (flag,)

    @property
    def remembered(self) -> Fields:
        """What to remember of it, of somebody on hold."""
        if not (self.leg.hold and self._stays):
            return ()
        with_hold = len(self.field_changes) > 1
        return ((_TRIED, self._with_hold if with_hold else str(self.wanted)),)

    @property
    def _stays(self) -> bool:
        return self.hold is None or self.hold == self.leg.hold

    @property
    def _with_hold(self) -> str:
        return f"{self.wanted} with hold"

    @property
    def _tried(self) -> Value | None:
        """How this value was sent while on hold, if it was."""
        tried = self.memory.get(_TRIED) if self.leg.hold else None
        return tried if str(tried).startswith(str(self.wanted)) else None


_TRIED = "end_flag_on_hold"

"""Rows of a room's view: people, strangers, actions."""

from msgspec import Struct

from reconciler.planning.plan import Phase


class PersonRow(Struct, frozen=True):
    """A member. ``until`` and ``since`` are Unix times of the phase, if it has any.

    ``ends`` says what happens at ``until``. ``drift`` is what would make the member as
    declared. ``anchor`` is the row's place in the page.
    """

    label: str
    name: str
    address: str
    desired: tuple[str, ...]
    observed: tuple[str, ...]
    drift: tuple[str, ...]
    phase: Phase
    differs: bool
    reason: str
    since: float | None
    until: float | None
    ends: str
    role: str
    calls: int
    redial: bool
    resolve: bool
    anchor: str = ""


class StrangerRow(Struct, frozen=True):
    """Somebody in the room who is no member: a former one, or whom no member matches."""

    name: str
    number: str
    observed: tuple[str, ...]
    doubt: str


class ActionRow(Struct, frozen=True):
    """An action that is under way."""

    subject: str
    what: str
    harm: str
    reason: str

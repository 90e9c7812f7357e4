"""Simulated people: who answers, misses, hangs up and dials in.

Some addresses need no description:

    client:busy, sip:busy@…            busy, always
    client:no-answer, sip:no-answer@…  rings until it times out
    client:fails, sip:fails@…          cannot be reached (SIP 404)
    client:hangs-up, sip:hangs-up@…    answers, and hangs up after 5 s
    client:machine, sip:machine@…      an answering machine takes the call
    +15005550001                       refused with 21211 (invalid)
    +15005550002                       refused with 21214 (cannot be reached)
    +15005550003                       refused with 21215 (not allowed to call there)
    +15005550004                       refused with 21216 (blocked)
    +15005550009                       refused with 21217 (not valid)

Everybody else answers after one second and stays.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

ALWAYS = 1_000_000
"""More often than any phone is called."""

WITHHELD: Final[Mapping[str, str]] = {
    "anonymous": "+266696687",
    "restricted": "+7378742833",
    "blocked": "+2562533",
    "unknown": "+8656696",
    "unavailable": "+86282452253",
}
"""Why an address is withheld, and the number that Twilio shows instead of it."""


class PhoneBehavior(StrEnum):
    """What a phone does when it is called."""

    ANSWERS = "answers"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    FAILS = "fails"


class DialIn(Struct, frozen=True):
    """A call this person makes, ``at`` seconds after the exchange was opened.

    ``withheld`` is a word of ``WITHHELD``: why their address is not shown. ``to`` is
    the number called, whose voice URL says what becomes of it, "" for ``room``.
    """

    room: str
    at: float = 0.0
    label: str | None = None
    withheld: str = ""
    to: str = ""


class Subscriber(Struct, frozen=True):
    """How one phone behaves.

    The first ``busy`` calls are busy, the next ``no_answer`` ring out, the next
    ``fails`` fail with ``sip_code``; all later ones are answered after
    ``answers_after`` seconds of ringing. ``hangs_up_after`` counts from the
    answer; None stays. ``refused`` is the error code that a create is refused
    with, 0 for none; ``refused_status`` its HTTP status, 0 for the code's own.
    ``machine`` means that a machine answers. Where the create asks for machine
    detection, the call's record says who answered ``told_after`` seconds after the
    answer, or after ``message_seconds`` where a machine's message is heard to its
    end. When the person hangs up, Twilio
    takes ``ghost_seconds`` to notice it, and listings show the leg for another
    ``listed_seconds``.
    """

    answers_after: float = 1.0
    busy: int = 0
    no_answer: int = 0
    fails: int = 0
    sip_code: int = 404
    hangs_up_after: float | None = None
    refused: int = 0
    refused_status: int = 0
    machine: bool = False
    told_after: float = 4.0
    message_seconds: float = 10.0
    ghost_seconds: float = 0.0
    listed_seconds: float = 0.0
    dials_in: tuple[DialIn, ...] = ()

    def answer(self, nth: int) -> PhoneBehavior:
        """What happens at the nth call, counted from 0."""
        if nth < self.busy:
            return PhoneBehavior.BUSY
        if nth < self.busy + self.no_answer:
            return PhoneBehavior.NO_ANSWER
        if nth < self.busy + self.no_answer + self.fails:
            return PhoneBehavior.FAILS
        return PhoneBehavior.ANSWERS


_BY_NAME: Mapping[str, Subscriber] = {
    "busy": Subscriber(busy=ALWAYS),
    "no-answer": Subscriber(no_answer=ALWAYS),
    "fails": Subscriber(fails=ALWAYS),
    "hangs-up": Subscriber(hangs_up_after=5.0),
    "machine": Subscriber(machine=True),
}
_BY_NUMBER: Mapping[str, Subscriber] = {
    f"+1500555000{digit}": Subscriber(refused=code)
    for digit, code in ((1, 21211), (2, 21214), (3, 21215), (4, 21216), (9, 21217))
}
_USER = re.compile(r"(?:client|sips?):([^@;]+).*")


class People(Struct, frozen=True):
    """Everybody who was described, by address without custom parameters.

    ``others`` is how everybody else behaves.
    """

    described: Mapping[str, Subscriber] = field(default_factory=dict)
    others: Subscriber = Subscriber()

    def find(self, address: str) -> Subscriber:
        """Who is at an address: as described, by a known name, or anybody."""
        bare = bare_address(address)
        if bare in self.described:
            return self.described[bare]
        user = _USER.fullmatch(bare)
        magic = _BY_NAME.get(user[1]) if user else _BY_NUMBER.get(bare)
        return magic or self.others

    def describe(self, address: str, person: Subscriber) -> "People":
        """These people, with another description of one of them."""
        return replace(
            self, described={**self.described, bare_address(address): person}
        )


def stand_in(withheld: str, kind: str) -> str:
    """What is shown of a withheld address, as a ``number`` or a ``word``."""
    return WITHHELD.get(withheld, "") if kind == "number" else withheld


def bare_address(address: str) -> str:
    """An address without custom parameters: ``client:bob?team=a`` is ``client:bob``."""
    return address.partition("?")[0]

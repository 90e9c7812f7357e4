"""Rosters as people write and edit them, by chance."""

import random

from msgspec.structs import replace

from reconciler.model.roster import (
    Announcement,
    Cause,
    Fields,
    Limits,
    Member,
    OnChange,
    Redial,
    RoomState,
    Roster,
    Unlisted,
)

FROM = "+15005550006"
LABELS = ("ann", "bob", "cara", "dan", "eve", "sup")


def number_of(label: str, room: str) -> str:
    """Where a member is rung unless somebody edits that."""
    if label == "bob":
        return f"client:bob-{room}?team=a"
    index = LABELS.index(label)
    return f"+1555{('line', 'court').index(room)}00000{index}"


class Editor:
    """Draws from *chance* what somebody writes."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def maybe(self, of: float) -> bool:
        return self.chance.random() < of

    def roster(self, room: str) -> Roster:
        labels = self.chance.sample(LABELS, self.chance.randint(2, 5))
        members = [self.member(label, room) for label in labels]
        return Roster(
            room=room,
            members=tuple(self.paired(members)),
            unlisted=self.chance.choice((Unlisted.KEEP, Unlisted.KEEP, *Unlisted)),
            limits=Limits(
                removals=self.chance.choice((1, 3, 3)),
                rings=1 if self.maybe(0.06) else 50,
            ),
        )

    def member(self, label: str, room: str) -> Member:
        choice = self.chance.choice
        return Member(
            label=label,
            to=number_of(label, room),
            sender=FROM,
            muted=choice((None, True, False)),
            hold=choice((None, None, False, True)) if self.maybe(0.5) else None,
            coaching=False if self.maybe(0.1) else None,
            end_conference_on_exit=choice((None, True, False))
            if self.maybe(0.2)
            else None,
            create_only=(("timeout", choice((5, 5, 10))),),
            write_only=self.write_only(),
            announcements=(Announcement("hi", "https://example.com/hi"),)
            if self.maybe(0.15)
            else (),
            redial=Redial(
                on=choice((Redial().on, Redial().on, (), (Cause.LEFT, *Redial().on))),
                attempts=choice((1, 2, 3)),
                backoff=choice((1.0, 4.0)),
            ),
            on_change=choice((OnChange.KEEP, OnChange.REDIAL)),
        )

    def write_only(self) -> Fields:
        if self.maybe(0.15):
            return (("hold_url", "https://example.com/music"),)
        return (("beep_on_exit", True),) if self.maybe(0.05) else ()

    def paired(self, members: list[Member]) -> list[Member]:
        """Some of them coach another."""
        if len(members) < 2 or self.maybe(0.4):
            return members
        coach, target = self.chance.sample(range(len(members)), 2)
        members[coach] = replace(members[coach], coaching=members[target].label)
        if len(members) > 3 and self.maybe(0.3):
            other = next(i for i in range(len(members)) if i not in {coach, target})
            chained = members[self.chance.choice((coach, target))].label
            members[other] = replace(members[other], coaching=chained)
        return members

    def edited(self, roster: Roster) -> Roster:
        members = list(roster.members)
        edit = self.chance.choice(
            ("add", "remove", "remove", "mute", "coach", "to", "empty", "end", "swap")
        )
        if edit == "end" and self.maybe(0.5):
            ended = roster.state is RoomState.ENDED
            return replace(roster, state=RoomState.OPEN if ended else RoomState.ENDED)
        if edit == "empty" and self.maybe(0.4):
            members = []
        elif edit == "add" or not members:
            free = [x for x in LABELS if x not in {m.label for m in members}]
            if free:
                members.append(self.member(self.chance.choice(free), roster.room))
        elif edit == "remove":
            for _ in range(self.chance.choice((1, 1, 2))):
                if members:
                    members.remove(self.chance.choice(members))
        elif edit == "coach":
            members = self.paired([self.uncoached(member) for member in members])
        elif edit == "to":
            index = self.chance.randrange(len(members))
            moved = f"+1555777000{self.chance.randint(0, 2)}"
            members[index] = replace(members[index], to=moved)
        else:
            index = self.chance.randrange(len(members))
            fresh = self.member(members[index].label, roster.room)
            members[index] = replace(fresh, coaching=members[index].coaching)
        return replace(roster, members=tuple(self.consistent(members)))

    def uncoached(self, member: Member) -> Member:
        freed = self.chance.choice((None, False))
        coaching = freed if isinstance(member.coaching, str) else member.coaching
        return replace(member, coaching=coaching)

    def consistent(self, members: list[Member]) -> list[Member]:
        labels = {member.label for member in members}
        return [
            self.uncoached(member)
            if isinstance(member.coaching, str) and member.coaching not in labels
            else member
            for member in members
        ]
